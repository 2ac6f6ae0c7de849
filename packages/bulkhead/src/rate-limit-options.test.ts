import { expect, test } from 'vitest';
import { readRateLimitOptions } from './rate-limit-options.ts';

test('refuses at once and keeps to the limit in any window, unless told otherwise', () => {
  const { name, perMs, burst, maxWaitMs, queue, weight, drainOn } = readRateLimitOptions({ limit: 5 });
  expect({ name, perMs, burst, maxWaitMs, queue, weight, drainOn }).toEqual({
    name: 'rateLimit',
    perMs: 1_000,
    burst: undefined,
    maxWaitMs: 0,
    queue: 0,
    weight: undefined,
    drainOn: undefined,
  });
});

test('who may wait has room to, but not without bound', () => {
  expect(readRateLimitOptions({ limit: 5, maxWaitMs: 100 }).queue).toBe(1_000);
  expect(readRateLimitOptions({ limit: 5, maxWaitMs: Number.POSITIVE_INFINITY, queue: 7 }).queue).toBe(7);
  expect(readRateLimitOptions({ limit: 5, maxWaitMs: 100, queue: 0 }).queue).toBe(0);
});

test.each([
  [undefined, 'limit'],
  [{}, 'limit'],
  [{ limit: 0 }, 'limit'],
  [{ limit: 2.5 }, 'limit'],
  [{ limit: Number.POSITIVE_INFINITY }, 'limit'],
  [{ limit: 1, perMs: 0 }, 'perMs'],
  [{ limit: 1, perMs: Number.POSITIVE_INFINITY }, 'perMs'],
  [{ limit: 1, burst: 0 }, 'burst'],
  [{ limit: 1, burst: 1.5 }, 'burst'],
  [{ limit: 1, maxWaitMs: -1 }, 'maxWaitMs'],
  [{ limit: 1, maxWaitMs: Number.NaN }, 'maxWaitMs'],
  [{ limit: 1, queue: 10 }, 'queue'],
  [{ limit: 1, queue: -1, maxWaitMs: 10 }, 'queue'],
  [{ limit: 1, weight: 2 as never }, 'weight'],
  [{ limit: 1, drainOn: 429 as never }, 'drainOn'],
  [{ limit: 1, perMS: 10 }, 'perMS'],
])('refuses %o, naming the option %s', (options, option) => {
  expect(() => readRateLimitOptions(options)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});

test('errors name the rate limit by its name, and a missing limit by what it must be', () => {
  expect(() => readRateLimitOptions({ name: 'github' })).toThrow(
    'github: option limit must be a whole number of at least 1, got undefined',
  );
  expect(() => readRateLimitOptions({ limit: 1, name: 'github', perMs: 0 })).toThrow(/^github: option perMs/);
  expect(() => readRateLimitOptions({ limit: 1, name: 'github', queue: 10 })).toThrow(/^github: option queue/);
  expect(() => readRateLimitOptions({ limit: 0 })).toThrow(/^rateLimit: option limit/);
});
