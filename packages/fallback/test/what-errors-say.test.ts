// Errors tell what would have been right, in words: someone reads them at a start that failed. What stands at the edge is in order.
import { expect, test } from 'vitest';
import { circuitSignal } from '../src/ladder-signals.ts';
import { ladder } from '../src/ladder.ts';
import { singleFlight } from '../src/single-flight.ts';
import { staleCache } from '../src/stale-cache.ts';

const store = { get: () => undefined, set: () => {}, delete: () => {} };
const levels = [{ name: 'full' }, { name: 'static', answer: 1 }] as const;
const signal = { name: 'load', read: (): number => 0 };

test.for<[options: object, words: string]>([
  [{ keyOf: 5 }, 'singleFlight: option keyOf must be a function (call) => string | undefined'],
  [{ clone: 5 }, 'a function (value) => value'],
])('of a single flight with %o', ([options, words]) => {
  expect(() => singleFlight(options)).toThrow(words);
});

test.for<[options: object, words: string]>([
  [{}, 'staleCache: option ttlMs must be a finite number above 0, or Infinity, in milliseconds, got undefined'],
  [{ ttlMs: 1, keyOf: 5 }, 'a function (call) => string | undefined'],
  [{ ttlMs: 1, cacheable: 5 }, 'a function (value, call) => boolean'],
  [{ ttlMs: 1, clone: 5 }, 'a function (value) => value'],
  [{ ttlMs: 1, sizeOf: 5 }, 'a function (value) => bytes'],
  [{ ttlMs: 1, store: 5 }, 'a store (an object with get, set, delete)'],
  [{ ttlMs: 1, store, maxBytes: 500 }, 'absent where there is a store, which has bounds of its own, got 500'],
  [{ ttlMs: 1, storeTimeoutMs: 5 }, 'absent without a store: memory answers at once, got 5'],
])('of a cache with %o', ([options, words]) => {
  expect(() => staleCache(options as { ttlMs: number })).toThrow(words);
});

test.for<[options: object, words: string]>([
  [{ levels: undefined }, 'ladder: option levels must be a list of at least two levels'],
  [{ levels: 5 }, 'a list of at least two levels'],
  [{ levels: levels.slice(1) }, 'a list of at least two levels'],
  [{ levels: [{ name: 'full', answer: 1 }, levels[1]] }, 'levels[0].answer must be left out: the best level runs what is inside'],
  [{ levels: [...levels, { name: 'off' }] }, 'levels[2].answer must be given: levels[1], which is better, answers'],
  [{ levels: [...levels, { name: 'static', answer: 2 }] }, 'levels[2].name must be a name of its own: levels[1] has it'],
  [{ levels: [{}, levels[1]] }, 'levels[0].name must be a non-empty string, got undefined'],
  [{ signals: 5 }, 'a list of signals'],
  [{ signals: [{ ...signal, name: undefined }] }, 'signals[0].name must be a non-empty string, got undefined'],
  [{ signals: [{ name: 'load' }] }, 'signals[0].read must be a function (nowMs) => number | boolean, got undefined'],
  [{ signals: [{ ...signal, read: 5 }] }, 'signals[0].read must be a function (nowMs) => number | boolean, got 5'],
  [{ signals: [{ ...signal, upBelow: 2 }] }, 'signals[0].upBelow must be at most downAt, which is 0.8'],
  [
    { signals: [{ ...signal, to: 'off' }] },
    "signals[0].to must be one of the levels below the best: 'lite', 'static', got \"off\"",
  ],
  [{ window: 5 }, '{ durationMs }'],
  [{ window: [] }, '{ durationMs }'],
  [{ window: null }, '{ durationMs }'],
  [{ climb: 5 }, 'climb must be an object'],
  [{ climb: { afterMs: 10, capMs: 5 } }, 'climb.capMs must be at least climb.afterMs, which is 10'],
  [{ climb: { rampMs: 999 } }, 'climb.rampMs must be 0, or at least ten times evaluateMs, which is 100'],
])('of a ladder with %o', ([options, words]) => {
  const given = { levels: [{ name: 'full' }, { name: 'lite' }, { name: 'static', answer: 1 }], ...options };
  expect(() => ladder(given as never)).toThrow(words);
});

test('of a level there is none of, to hold', () => {
  expect(() => ladder({ levels }).pin('off' as never)).toThrow(
    "ladder: option level must be one of 'full', 'static', got \"off\"",
  );
});

test.for<object>([
  { signals: [{ ...signal, downAt: 0.5, upBelow: 0.5, forMs: 0 }] },
  { window: { durationMs: 1 } },
  { failureRatio: 1, slowRatio: 1, minimumCalls: 1 },
  { evaluateMs: 0 },
  { climb: { afterMs: 5, capMs: 5, factor: 1, jitterRatio: 0, resetAfterMs: 0, startRatio: 1 } },
  { climb: { jitterRatio: 1, rampMs: 1_000 } },
  { climb: { rampMs: 0 } },
])('a ladder with %o is in order', (options) => {
  expect(() => ladder({ levels, ...options })).not.toThrow();
});

test.for<object>([
  { ttlMs: 0.001, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, jitterRatio: 0 },
  { ttlMs: Infinity, staleWhileRevalidateMs: Infinity, staleIfErrorMs: Infinity, jitterRatio: 1 },
  { ttlMs: 1, maxEntries: 1, maxBytes: 128, revalidateTimeoutMs: Infinity },
  { ttlMs: 1, maxBytes: Infinity, revalidateTimeoutMs: 0.001 },
  { ttlMs: 1, store, storeTimeoutMs: Infinity },
])('a cache with %o is in order', (options) => {
  expect(() => staleCache(options as { ttlMs: number })).not.toThrow();
});

test.for<[mistake: object, words: string]>([
  [{ downAt: 0 }, 'circuitSignal: option limits.downAt must be a finite number above 0'],
  [{ upBelow: 0 }, 'circuitSignal: option limits.upBelow must be a finite number above 0'],
])('of the limits of a signal with %o', ([limits, words]) => {
  expect(() => circuitSignal({ state: 'open' }, limits)).toThrow(words);
});
