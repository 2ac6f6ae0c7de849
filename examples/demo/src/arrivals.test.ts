import { expect, test } from 'vitest';
import { arrivals } from './arrivals.ts';

test('sends at the asked rate, in order, and nothing after the end', () => {
  const times = arrivals(100, 60_000, 1);

  expect(times.length).toBeGreaterThan(5_700);
  expect(times.length).toBeLessThan(6_300);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(60_000);
});

test('is the same for the same seed and another for another', () => {
  expect(arrivals(50, 1_000, 7)).toEqual(arrivals(50, 1_000, 7));
  expect(arrivals(50, 1_000, 7)).not.toEqual(arrivals(50, 1_000, 8));
});

test('leaves gaps as irregular as independent senders do', () => {
  const times = arrivals(100, 60_000, 3);
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;

  // For exponential gaps the standard deviation equals the mean.
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
});
