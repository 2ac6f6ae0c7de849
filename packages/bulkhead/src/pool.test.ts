import { expect, test } from 'vitest';
import { ArrivalQueue } from './arrival-queue.ts';
import { Pool } from './pool.ts';
import { PriorityQueue } from './priority-queue.ts';
import type { OrderedQueue } from './wait-queue.ts';
import { Waiter } from './waiter.ts';

const fifo = (): OrderedQueue => new ArrivalQueue(false);
const lifo = (): OrderedQueue => new ArrivalQueue(true);

function setUp(concurrency: number, makeQueue: () => OrderedQueue = fifo, shareRatio?: number) {
  const admitted: [Waiter, number][] = [];
  const pool = new Pool({ concurrency, queue: 100 }, makeQueue, shareRatio, (...admission) => void admitted.push(admission));
  const wait = (weight = 1, key?: string, priority = 0, arrivedAt = 0): Waiter => {
    const waiter = new Waiter(weight, priority, key, arrivedAt);
    pool.add(waiter);
    return waiter;
  };
  return { pool, admitted, wait };
}

test('a permit that comes back is given to who waits, so that a newcomer finds none', () => {
  const { pool, admitted, wait } = setUp(1);
  expect(pool.take(1, undefined)).toBe(1);
  const waiter = wait();
  pool.giveBack(1, undefined);
  expect(admitted).toEqual([[waiter, 1]]);
  expect(pool.take(1, undefined)).toBe(0);
  expect(pool.inFlight).toBe(1);
});

test.each([
  ['fifo', fifo],
  ['lifo', lifo],
  ['priority', () => new PriorityQueue(() => 100)],
])(
  'with %s, permits are kept for a heavy call whose turn has come, against light ones behind it and new ones',
  (_order, makeQueue) => {
    const { pool, admitted, wait } = setUp(3, makeQueue);
    for (let i = 0; i < 3; i++) pool.take(1, undefined);
    const heavy = wait(3);
    pool.giveBack(1, undefined);
    const light = wait(1, undefined, 9, 1);
    pool.giveBack(1, undefined);
    expect(pool.take(1, undefined)).toBe(0);
    expect(admitted).toEqual([]);

    pool.giveBack(1, undefined);
    expect(admitted).toEqual([[heavy, 3]]);
    pool.giveBack(3, undefined);
    expect(admitted).toEqual([
      [heavy, 3],
      [light, 1],
    ]);
  },
);

test('when the heavy call that has the turn leaves, those behind it go on at once', () => {
  const { pool, admitted, wait } = setUp(2);
  pool.take(1, undefined);
  const heavy = wait(2);
  const light = wait(1);
  pool.remove(heavy);
  expect(admitted).toEqual([[light, 1]]);
  expect([pool.inFlight, pool.queued]).toEqual([2, 0]);
});

test('a call that asks for more than there is gets all there is, and runs alone', () => {
  const { pool, admitted, wait } = setUp(2);
  expect(pool.take(5, undefined)).toBe(2);
  const waiter = wait(5);
  pool.resize({ concurrency: 4, queue: 100 });
  expect(admitted).toEqual([]);
  pool.giveBack(2, undefined);
  expect(admitted).toEqual([[waiter, 4]]);
});

test('fewer permits: who runs goes on, nobody is admitted until enough have ended, nobody who waits is lost', () => {
  const { pool, admitted, wait } = setUp(3);
  for (let i = 0; i < 3; i++) pool.take(1, undefined);
  const waiter = wait();
  pool.resize({ concurrency: 1, queue: 0 });
  pool.giveBack(1, undefined);
  pool.giveBack(1, undefined);
  expect([pool.inFlight, pool.queued, admitted.length]).toEqual([1, 1, 0]);
  pool.giveBack(1, undefined);
  expect(admitted).toEqual([[waiter, 1]]);
});

test('more permits: waiters are admitted at once, in their order', () => {
  const { pool, admitted, wait } = setUp(1);
  pool.take(1, undefined);
  const [first, second] = [wait(), wait(), wait()];
  pool.resize({ concurrency: 3, queue: 100 });
  expect(admitted.map(([waiter]) => waiter)).toEqual([first, second]);
});

test('a key that holds its share waits while permits are free, and others do not wait for it', () => {
  const { pool, admitted, wait } = setUp(4, fifo, 0.5);
  expect([pool.take(1, 'a'), pool.take(1, 'a'), pool.take(1, 'a')]).toEqual([1, 1, 0]);
  const waiter = wait(1, 'a');
  expect(pool.take(1, 'b')).toBe(1);
  pool.giveBack(1, 'a');
  expect(admitted).toEqual([[waiter, 1]]);
});

test('a call heavier than the share of its key gets all of the share', () => {
  const { pool } = setUp(4, fifo, 0.5);
  expect(pool.take(3, 'a')).toBe(2);
});
