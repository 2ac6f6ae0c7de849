import { expect, test } from 'vitest';
import { liveOf } from './live.ts';

test('counts the orders of the last full second whose time is up, and the age of those still waiting', () => {
  const live = liveOf(
    [
      { sentMs: 7_900, latencyMs: 20, outcome: 'paid' }, // too long ago
      { sentMs: 8_200, latencyMs: 900, outcome: 'pending' }, // in time
      { sentMs: 8_400, latencyMs: 1_100, outcome: 'paid' }, // late
      { sentMs: 8_500, latencyMs: 10, outcome: 'failed' }, // no answer to be proud of
      { sentMs: 3_000, latencyMs: 0, outcome: 'waiting' },
      { sentMs: 9_900, latencyMs: 5, outcome: 'paid' }, // too early to count
    ],
    10_000,
  );

  expect(live).toEqual({ inTimePerSecond: 1, waiting: 1, p99Ms: 7_000 });
});
