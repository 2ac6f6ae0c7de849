// Lists of one, lists with a mistake in them, and promises that were there before the call.
import { pipeline, subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { fallback } from '../src/fallback.ts';

const fails = (): never => {
  throw Object.assign(new Error('down'), { code: 'EDOWN' });
};

test('a list may have one member, and must have no wrong one', async () => {
  const service = pipeline('service', fallback('instead', { on: ['EDOWN'] }));
  expect(await service.run(fails)).toBe('instead');
  const refused = { code: 'HOLDFAST_CONFIG', policy: 'fallback', option: 'on' };
  for (const on of [[], ['EDOWN', 5], [5], null, 5]) {
    expect(() => fallback('instead', { on: on as never })).toThrow(expect.objectContaining(refused));
  }
});

test('a promise given as the answer is what it resolves to', async () => {
  expect(await pipeline('service', fallback(Promise.resolve('instead'))).run(fails)).toBe('instead');
});

test('a promise given as the answer is waited for no longer than the call may last', async () => {
  const clock = new VirtualClock();
  const service = pipeline({ name: 'service', clock }, fallback(new Promise<string>(() => {})));
  const error = service.run(fails, { timeoutMs: 100 }).catch((reason: unknown) => reason);
  await clock.advance(100);
  expect(await error).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
});

test.each<unknown>([null, undefined, 'text'])(
  'an error that is %j has no code, and looking for one is no fault',
  async (error) => {
    const faults: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event)));
    const service = pipeline('service', fallback('instead', { on: 'EDOWN' }));
    const throws = (): never => {
      throw error;
    };
    const thrown = await service.run(throws).catch((reason: unknown) => [reason]);
    expect(thrown).toEqual([error]);
    expect(faults).toEqual([]);
  },
);

test('the error of a wrong `on` says what it may be', () => {
  const words = 'an error class, a code, a list of these, or a function (error, outcome, call) => boolean';
  expect(() => fallback('instead', { on: 5 as never })).toThrow(words);
});
