import { deadline, timeout } from '@holdfast/deadline';
import type { PolicyCall } from '@holdfast/core';
import { describe, expect, test } from 'vitest';
import { behindWitness, errorOf, hangs } from './support.ts';

describe('a time-out counts', () => {
  test('the attempts it ended, and no others, also over a change', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: 100, clock })]);
    const totals = (): unknown => service.snapshot().policies[1];
    await service.run(() => 'answer');
    await errorOf(service.run(() => Promise.reject(new Error('down'))));
    await errorOf(service.run(hangs, { signal: AbortSignal.abort() }));
    expect(totals()).toMatchObject({ fired: 0, refused: 0 });
    const two = [service.run(hangs), service.run(hangs)].map(errorOf);
    await clock.advance(100);
    await Promise.all(two);
    expect(totals()).toMatchObject({ fired: 2, refused: 0 });
    service.update({ timeout: { ms: 50 } });
    const third = errorOf(service.run(hangs));
    await clock.advance(50);
    await third;
    expect(totals()).toMatchObject({ ms: 50, fired: 3, refused: 0 });
  });

  test('those it did not begin apart from those it ended', async () => {
    const ms = ({ attributes }: PolicyCall): number => attributes['ms'] as number;
    const { clock, service } = behindWitness((clock) => [timeout({ ms, clock })]);
    await errorOf(service.run(hangs, { attributes: { ms: 0 } }));
    const ended = errorOf(service.run(hangs, { attributes: { ms: 10 } }));
    await clock.advance(10);
    await ended;
    await errorOf(service.run(hangs, { attributes: { ms: Number.NaN } })); // a mistake, and no time-out
    expect(service.snapshot().policies[1]).toMatchObject({ fired: 1, refused: 1 });
  });
});

test('a deadline counts the calls it ended, and apart from them those it did not begin', async () => {
  const { clock, service } = behindWitness((clock) => [deadline({ ms: 100, minimumMs: 20, clock })]);
  const totals = (): unknown => service.snapshot().policies[1];
  await errorOf(service.run(hangs, { timeoutMs: 19 }));
  expect(totals()).toMatchObject({ fired: 0, refused: 1 });
  const ended = errorOf(service.run(hangs));
  const endedByCaller = errorOf(service.run(hangs, { timeoutMs: 50 }));
  await clock.advance(100);
  await Promise.all([ended, endedByCaller]);
  expect(totals()).toMatchObject({ fired: 1, refused: 1 });
  service.update({ deadline: { ms: 40 } });
  const next = errorOf(service.run(hangs));
  await clock.advance(40);
  await next;
  expect(totals()).toMatchObject({ ms: 40, fired: 2, refused: 1 });
});
