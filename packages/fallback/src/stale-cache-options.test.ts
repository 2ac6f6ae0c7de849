import { expect, test } from 'vitest';
import { readStaleCache } from './stale-cache-options.ts';

test('a cache has a default for everything but the time for which an answer is fresh', () => {
  const { cacheable, keyOf, clock, random, ...settings } = readStaleCache({ ttlMs: 700 });
  expect(settings).toEqual({
    name: 'staleCache',
    ttlMs: 700,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 700,
    jitterRatio: 0.1,
    clone: undefined,
    revalidateTimeoutMs: 30_000,
    maxEntries: 1_000,
    maxBytes: 50_000_000,
    sizeOf: undefined,
    store: undefined,
    storeTimeoutMs: 50,
  });
  expect(keyOf({ key: 'of the call' } as never)).toBe('of the call');
  expect([0, null, false, '', undefined].map((value) => cacheable(value, {} as never))).toEqual([true, true, true, true, false]);
  expect(clock.now()).toBeGreaterThan(0);
  expect(random()).toBeLessThan(1);
});

test('what is of no use with a store may be given as undefined', () => {
  const store = { get: () => undefined, set: () => {}, delete: () => {} };
  const given = { ttlMs: 1, store, maxEntries: undefined, maxBytes: undefined, sizeOf: undefined, storeTimeoutMs: undefined };
  expect(readStaleCache(given)).toMatchObject({ store, storeTimeoutMs: 50 });
});
