import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { Patience } from './patience.ts';
import { Waiter } from './waiter.ts';

function setUp(timeoutMs: number): { clock: VirtualClock; patience: Patience; expired: [Waiter, number][]; add: () => Waiter } {
  const clock = new VirtualClock({ startMs: 1_000 });
  const expired: [Waiter, number][] = [];
  const patience: Patience = new Patience(clock, timeoutMs, (waiter) => {
    patience.remove(waiter);
    expired.push([waiter, clock.now()]);
  });
  const add = (): Waiter => {
    const waiter = new Waiter(1, 0, undefined, clock.now());
    patience.add(waiter);
    return waiter;
  };
  return { clock, patience, expired, add };
}

test('every wait ends after its own time, also when those before it have left', async () => {
  const { clock, patience, expired, add } = setUp(100);
  const first = add();
  await clock.advance(10);
  const second = add();
  await clock.advance(10);
  const third = add();
  patience.remove(first);
  await clock.advance(200);
  expect(expired).toEqual([
    [second, 1_110],
    [third, 1_120],
  ]);
});

test('ten thousand waiters share one timer, and none is left when nobody waits', () => {
  const { clock, patience, add } = setUp(100);
  const waiters = Array.from({ length: 10_000 }, add);
  expect(clock.pendingTimers).toHaveLength(1);
  for (const waiter of waiters) patience.remove(waiter);
  expect(clock.pendingTimers).toHaveLength(0);
});
