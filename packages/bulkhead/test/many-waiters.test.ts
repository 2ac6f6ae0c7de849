import { pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { ArrivalQueue } from '../src/arrival-queue.ts';
import { bulkhead } from '../src/bulkhead.ts';
import { Pool } from '../src/pool.ts';
import { rateLimit } from '../src/rate-limit.ts';
import { PriorityQueue } from '../src/priority-queue.ts';
import type { OrderedQueue } from '../src/wait-queue.ts';
import { Waiter } from '../src/waiter.ts';

/** Real milliseconds, the least of several runs, of 1 000 rounds in which one is handed the permit, one comes and one leaves. */
function costOf(waiting: number, makeQueue: () => OrderedQueue, shareRatio?: number): number {
  const running: Waiter[] = [];
  const pool = new Pool({ concurrency: 1, queue: waiting }, makeQueue, shareRatio, (waiter) => void running.push(waiter));
  const keyOf = (i: number): string => `${i % 500}`;
  const waiter = (i: number): Waiter => new Waiter(1, i % 10, keyOf(i), i);
  pool.take(1, 'first');
  for (let i = 0; i < waiting; i++) pool.add(waiter(i));
  let key: string | undefined = 'first';
  const times = Array.from({ length: 7 }, () => {
    const startedAt = performance.now();
    for (let i = 0; i < 1_000; i++) {
      pool.giveBack(1, key);
      ({ key } = running.pop()!);
      const leaving = waiter(i * 7);
      pool.add(leaving);
      pool.givesWayTo(5, keyOf(i));
      pool.remove(leaving);
      pool.add(waiter(i * 3));
    }
    return performance.now() - startedAt;
  });
  expect([pool.inFlight, pool.queued]).toEqual([1, waiting]);
  return Math.min(...times);
}

test.each<[string, () => OrderedQueue, number?]>([
  ['fifo', () => new ArrivalQueue(false)],
  ['lifo', () => new ArrivalQueue(true)],
  ['priority', () => new PriorityQueue(() => 100)],
  ['fair', () => new ArrivalQueue(false), 1],
])(
  '%s: a hand-over, an arrival and a departure cost about the same with 10 000 waiters as with 20',
  (_order, makeQueue, shareRatio) => {
    costOf(20, makeQueue, shareRatio); // warm
    const few = costOf(20, makeQueue, shareRatio);
    const many = costOf(10_000, makeQueue, shareRatio);
    expect(many).toBeLessThan(few * 20); // a walk through the queue would be hundreds of times dearer
  },
);

test('ten thousand calls wait on one timer, are served in order, and those that leave are not in the way', async () => {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, concurrency: 1, queue: 10_000, queueTimeoutMs: 60_000 });
  const calls = pipeline({ name: 'calls', clock }, guard);
  const running = Promise.withResolvers<void>();
  void calls.run(() => running.promise);
  const served: number[] = [];
  const callers = Array.from({ length: 10_000 }, () => new AbortController());
  const results = callers.map(({ signal }, i) => calls.run(() => served.push(i), { signal }).catch((error: unknown) => error));
  expect(clock.pendingTimers).toHaveLength(1);
  callers.forEach((caller, i) => i % 3 === 0 && caller.abort('gone'));
  expect(guard.snapshot().queued).toBe(6_666);
  running.resolve();
  await Promise.all(results);
  expect(served).toEqual(callers.flatMap((_, i) => (i % 3 === 0 ? [] : [i])));
  expect(clock.pendingTimers).toEqual([]);
});

test.each([undefined, 1])(
  'ten thousand calls wait for their turn on one timer, and those that leave are not in the way',
  async (burst) => {
    const clock = new VirtualClock();
    const guard = rateLimit({ clock, limit: 1, perMs: 1, burst, maxWaitMs: 60_000, queue: 10_000 });
    const calls = pipeline({ name: 'calls', clock }, guard);
    await calls.run(() => {});
    const served: number[] = [];
    const callers = Array.from({ length: 10_000 }, () => new AbortController());
    const results = callers.map(({ signal }, i) => calls.run(() => served.push(i), { signal }).catch((error: unknown) => error));
    expect(clock.pendingTimers).toHaveLength(1);
    callers.forEach((caller, i) => i % 100 !== 0 && caller.abort('gone'));
    expect(guard.snapshot().queued).toBe(100);
    await clock.runAll();
    await Promise.all(results);
    expect(clock.now()).toBe(100);
    expect(served).toEqual(Array.from({ length: 100 }, (_, i) => i * 100));
  },
);
