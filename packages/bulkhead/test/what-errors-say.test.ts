// Errors tell what would have been right, in words: someone reads them at a start that failed, or in a log.
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { bulkhead } from '../src/bulkhead.ts';
import { BulkheadFullError } from '../src/errors.ts';
import type { BulkheadOptions } from '../src/options.ts';
import { openCall } from './calls.ts';

const nothing = (): never => undefined as never;

test.for<[options: unknown, words: string]>([
  [{ concurrency: 0 }, 'bulkhead: option concurrency'],
  [{ order: 'priority', priority: 5 }, '(call) => whole number from 0 to 9'],
  [{ order: 'priority', ageingMs: 0 }, 'ageingMs must be a finite number above 0'],
  [{ weight: 2 }, '(call) => whole number of at least 1'],
  [{ keyOf: 'k' }, '(call) => string | undefined'],
  [{ priority: nothing }, "priority must be absent unless order is 'priority'"],
  [{ ageingMs: 5 }, "ageingMs must be absent unless order is 'priority'"],
  [
    { order: 'lifo', queueTimeoutMs: Number.POSITIVE_INFINITY },
    "queueTimeoutMs must be finite with order 'lifo', where the oldest may never be served",
  ],
  [{ fair: false, keyOf: nothing }, 'keyOf must be absent when fair is false'],
  [{ fair: false, keyShareRatio: 0.5 }, 'keyShareRatio must be absent when fair is false'],
])('of options %o', ([options, words]) => {
  expect(() => bulkhead(options as BulkheadOptions)).toThrow(words);
});

test.for<[options: BulkheadOptions, words: string]>([
  [{ weight: () => 0 }, 'weight must be a function that gives a whole number of at least 1, got 0'],
  [{ weight: () => 1.5 }, 'weight must be a function that gives a whole number of at least 1, got 1.5'],
  [{ order: 'priority', priority: () => 10 }, 'priority must be a function that gives a whole number from 0 to 9, got 10'],
  [{ order: 'priority', priority: () => -1 }, 'priority must be a function that gives a whole number from 0 to 9, got -1'],
  [{ order: 'priority', priority: () => 0.5 }, 'priority must be a function that gives a whole number from 0 to 9, got 0.5'],
])('of what a callback of %o gives', ([options, words]) => {
  const clock = new VirtualClock();
  const guard = bulkhead({ concurrency: 1, clock, ...options });
  // given a call that needs no priority: it finds a permit free
  if (options.priority !== undefined) void guard.enter!(openCall(clock));
  expect(() => guard.enter!(openCall(clock))).toThrow(words);
});

test('the least and the greatest that a callback may give are in order', async () => {
  for (const priority of [0, 9]) {
    const clock = new VirtualClock();
    const guard = bulkhead({ concurrency: 1, order: 'priority', priority: () => priority, clock });
    void guard.enter!(openCall(clock));
    expect(guard.enter!(openCall(clock))).toBeInstanceOf(Promise);
  }
});

test('of a call that found no room, and of one that gave up its place', () => {
  expect(new BulkheadFullError('db', 2, 1, false).message).toBe(
    'db: no permit for this call and no room to wait (concurrency 2, queue 1)',
  );
  expect(new BulkheadFullError('db', 2, 1, true).message).toBe(
    'db: gave its place in the queue to another call (concurrency 2, queue 1)',
  );
});
