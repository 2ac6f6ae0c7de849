import { expect, test } from 'vitest';
import { freshness, longestUseMs } from './freshness.ts';

const windows = { ttlMs: 100, jitterRatio: 0.2, staleWhileRevalidateMs: 50, staleIfErrorMs: 300 };

test.each([
  [0, 0, 'fresh'],
  [99.9, 0, 'fresh'],
  [100, 0, 'revalidate'],
  [149.9, 0, 'revalidate'],
  [150, 0, 'if_error'],
  [399.9, 0, 'if_error'],
  [400, 0, 'expired'],
  [Infinity, 0, 'expired'],
  [79.9, 1, 'fresh'],
  [80, 1, 'revalidate'],
  [130, 1, 'if_error'],
  [380, 1, 'expired'],
  [90, 0.5, 'revalidate'],
  [-99.9, 0, 'fresh'],
  [-100, 0, 'expired'],
  [NaN, 0, 'expired'],
])('an answer of age %d ms, %d into the jitter, is %s', (ageMs, spread, expected) => {
  expect(freshness(ageMs, spread, windows)).toBe(expected);
});

test('windows side by side: the longer one decides how long an answer is of use', () => {
  expect(longestUseMs(windows)).toBe(400);
  expect(longestUseMs({ ...windows, staleWhileRevalidateMs: 500 })).toBe(600);
  expect(freshness(500, 0, { ...windows, staleWhileRevalidateMs: 500 })).toBe('revalidate');
});

test('an answer that is fresh for ever stays so, and one may be stale for ever', () => {
  expect(freshness(1e15, 1, { ...windows, ttlMs: Infinity })).toBe('fresh');
  expect(freshness(1e15, 1, { ...windows, staleIfErrorMs: Infinity })).toBe('if_error');
});
