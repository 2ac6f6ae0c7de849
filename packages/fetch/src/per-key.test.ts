import { pipeline } from '@holdfast/core';
import type { Pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { PerKey } from './per-key.ts';

function kept(max: number, idleMs: number): { perKey: PerKey; clock: VirtualClock; made: string[] } {
  const clock = new VirtualClock();
  const made: string[] = [];
  const make = (label: string): Pipeline => {
    made.push(label);
    return pipeline({ name: 'p', clock });
  };
  return { perKey: new PerKey(make, max, idleMs, clock), clock, made };
}

const keys = (perKey: PerKey): string[] => Object.keys(perKey.snapshot('p').perKey);

test('the same key has the same pipeline, made once', () => {
  const { perKey, made } = kept(10, 1_000);

  expect(perKey.use('a')).toBe(perKey.use('a'));
  expect(made).toEqual(['a']);
});

test('the key unused for longest goes when there are too many', () => {
  const { perKey } = kept(2, 1_000);

  for (const key of ['a', 'b', 'a', 'c']) perKey.use(key);

  expect(keys(perKey)).toEqual(['a', 'c']);
});

test('a key goes when it was idle for too long, and not before', async () => {
  const { perKey, clock } = kept(10, 1_000);
  perKey.use('a');

  await clock.advance(999);
  perKey.use('b');
  expect(keys(perKey)).toEqual(['a', 'b']);

  await clock.advance(1);
  perKey.use('b');
  expect(keys(perKey)).toEqual(['b']);
});

test('a pipeline with calls in it stays, however many there are', async () => {
  const { perKey } = kept(1, 1_000);
  let finish = (): void => {};
  const running = perKey.use('busy').run(() => new Promise<void>((resolve) => (finish = resolve)));

  perKey.use('b');
  perKey.use('c');
  expect(keys(perKey)).toEqual(['busy', 'c']);
  expect(perKey.snapshot('p')).toMatchObject({ keys: 2, inFlight: 1 });

  finish();
  await running;
  perKey.use('c');
  expect(keys(perKey)).toEqual(['c']);
});

test('only so many keys have a name of their own, and keep it', () => {
  const { perKey, made } = kept(5, 1_000);

  for (let i = 0; i < 102; i++) perKey.use(`k${i}`);
  perKey.use('k0');

  expect(made.slice(98)).toEqual(['k98', 'k99', '_other', '_other', 'k0']);
});
