// The least share, the last half of a millisecond, and queues with more than a few in them.
import type { HoldfastEvent, RunOptions } from '@holdfast/core';
import { pipeline, subscribe } from '@holdfast/core';
import { seededRandom, VirtualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { ArrivalQueue } from '../src/arrival-queue.ts';
import { bulkhead } from '../src/bulkhead.ts';
import { FairQueue } from '../src/fair-queue.ts';
import { Heap } from '../src/heap.ts';
import { readBulkheadOptions } from '../src/options.ts';
import { Waiter } from '../src/waiter.ts';
import { job } from './calls.ts';

const fairQueue = (share = 100): FairQueue => new FairQueue(share, () => new ArrivalQueue(false));

function add(queue: FairQueue, ...keys: string[]): Waiter[] {
  return keys.map((key) => {
    const waiter = new Waiter(1, 0, key, 0);
    queue.add(waiter);
    return waiter;
  });
}

function serve(queue: FairQueue): string {
  let keys = '';
  for (let { next } = queue; next !== undefined; next = queue.next) {
    queue.remove(next);
    queue.took(next.key, 1);
    keys += next.key;
  }
  return keys;
}

test('keys that were never served are served in the order they came', () => {
  const queue = fairQueue();
  add(queue, 'a', 'b', 'c', 'd', 'e');
  expect(serve(queue)).toBe('abcde');
});

test('it is the longest queue that gives way, whichever came first', () => {
  for (const keys of [
    ['a', 'b', 'b', 'b'],
    ['b', 'b', 'b', 'a'],
    ['b', 'a', 'b', 'b'],
  ]) {
    const queue = fairQueue();
    const waiting = add(queue, ...keys);
    expect(queue.givesWayTo(0, 'c')).toBe(waiting.findLast(({ key }) => key === 'b'));
  }
});

test('a new key may take its share at most', () => {
  const queue = fairQueue(3);
  expect([3, 4].map((permits) => queue.mayTake('new', permits))).toEqual([true, false]);
});

test('a key whose share is less than one permit has one', async () => {
  const clock = new VirtualClock();
  const guard = bulkhead({ concurrency: 1, queue: 0, keyShareRatio: 0.5, clock });
  expect(await pipeline({ name: 'calls', clock }, guard).run(() => 'answer', { key: 'a' })).toBe('answer');
});

test('among the calls of one key a more important one takes the place of a less important one', async () => {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, bulkhead({ concurrency: 1, queue: 1, order: 'priority', fair: true, clock }));
  const run = (name: string, criticality: NonNullable<RunOptions['criticality']>): Promise<unknown> =>
    calls.run(running.run, { key: 'a', criticality }).then(
      () => name,
      (error: unknown) => error,
    );
  const running = job('job');
  const results = [run('running', 'critical'), run('low', 'sheddable'), run('high', 'critical_plus')];
  running.end();
  expect(await Promise.all(results)).toEqual(['running', expect.objectContaining({ evicted: true }), 'high']);
});

test('a call that came half a millisecond later waits half a millisecond longer', async () => {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'calls', clock }, bulkhead({ concurrency: 1, queue: 2, queueTimeoutMs: 10, clock }));
  const ended: string[] = [];
  const wait = (name: string): void => void calls.run(() => {}).catch(() => ended.push(name));
  void calls.run(job('busy').run);
  wait('first');
  await clock.advance(0.5);
  wait('second');
  await clock.advance(9.5);
  expect(ended).toEqual(['first']);
  await clock.advance(0.5);
  expect(ended).toEqual(['first', 'second']);
});

test('a queue may wait for ever where the oldest is served first', () => {
  expect(readBulkheadOptions({ order: 'fifo', queueTimeoutMs: Number.POSITIVE_INFINITY })).toMatchObject({
    order: 'fifo',
    queueTimeoutMs: Number.POSITIVE_INFINITY,
  });
});

test('ageing and the share of a key are what was said, or the defaults', () => {
  expect(readBulkheadOptions({ order: 'priority', fair: true })).toMatchObject({ ageingMs: 100, keyShareRatio: 1 });
  const own = { order: 'priority', ageingMs: 50, keyShareRatio: 0.5 } as const;
  expect(readBulkheadOptions(own)).toMatchObject({ ageingMs: 50, keyShareRatio: 0.5 });
});

test('a heap of many hands out the least first, while ranks change', () => {
  const random = seededRandom(7);
  const heap = new Heap<'slot', { rank: number; slot: number }>('slot', (a, b) => a.rank < b.rank);
  const items = Array.from({ length: 200 }, () => ({ rank: random(), slot: -1 }));
  for (const item of items) heap.put(item);
  for (let step = 0; step < 400; step++) {
    const item = items[Math.floor(random() * items.length)]!;
    item.rank = random();
    heap.put(item);
    expect(heap.first?.rank).toBe(Math.min(...items.map(({ rank }) => rank)));
  }
  const drained: number[] = [];
  for (let { first } = heap; first !== undefined; first = heap.first) {
    drained.push(first.rank);
    heap.remove(first);
  }
  expect(drained).toEqual(items.map(({ rank }) => rank).toSorted((a, b) => a - b));
});

test.each([
  [{ concurrency: 7 }, [{ type: 'bulkhead.resized', at: 3, policy: 'bulkhead', limits: { concurrency: 7, queue: 4 } }]],
  [{ queue: 9 }, [{ type: 'bulkhead.resized', limits: { concurrency: 2, queue: 9 } }]],
  [{ concurrency: 2, queue: 4 }, []],
  [{ queueTimeoutMs: 70 }, []],
])('an update to %o is told if it changes a limit', (changes, told) => {
  const guard = bulkhead({ concurrency: 2, queue: 4, clock: new VirtualClock({ startMs: 3 }) });
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => events.push(event)));
  guard.prepareUpdate(changes)();
  expect(events).toHaveLength(told.length);
  expect(events).toMatchObject(told.map((event) => ({ ...event, previous: { concurrency: 2, queue: 4 } })));
});

test('who waits is as old as its wait, whatever the time', async () => {
  const clock = new VirtualClock({ startMs: 300 });
  const guard = bulkhead({ concurrency: 1, clock });
  const calls = pipeline({ name: 'calls', clock }, guard);
  void calls.run(job('busy').run);
  void calls.run(() => {}).catch(() => {});
  await clock.advance(50);
  expect(guard.snapshot().oldestWaitMs).toBe(50);
});
