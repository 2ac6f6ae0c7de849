import { seededRandom } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

/** A bucket is an eighth of a doubling wide. */
const BUCKET = 2 ** (1 / 8);

function histogramOf(samples: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram(60_000, 0);
  for (const sample of samples) histogram.add(sample, 0);
  return histogram;
}

/** The sample of that rank, by sorting all of them. */
function exact(samples: readonly number[], quantile: number): number {
  return [...samples].sort((a, b) => a - b)[Math.max(0, Math.ceil(quantile * samples.length) - 1)]!;
}

test('whatever the samples, the estimate lies within one bucket of the sample of that rank', () => {
  const latency = fc.double({ min: 0.25, max: 200_000, noNaN: true });
  const quantile = fc.constantFrom(0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1);
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 400 }), quantile, (samples, share) => {
      const estimate = histogramOf(samples).quantile(share);
      const truth = exact(samples, share);
      expect(estimate / truth).toBeLessThanOrEqual(BUCKET * 1.000_001);
      expect(truth / estimate).toBeLessThanOrEqual(BUCKET * 1.000_001);
    }),
  );
});

test('of latencies as services have them the 95th percentile is right to 3 %', () => {
  const random = seededRandom('latencies');
  // Log-normal by Box and Muller: a median of 20 ms and a long tail.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const samples = Array.from({ length: 20_000 }, () => 20 * Math.exp(0.6 * normal()));
  const histogram = histogramOf(samples);
  for (const share of [0.5, 0.9, 0.95, 0.99]) {
    expect(Math.abs(histogram.quantile(share) / exact(samples, share) - 1)).toBeLessThan(0.03);
  }
});

test('what is shorter than an event-loop turn, or longer than minutes, is counted at the end of the scale', () => {
  expect(histogramOf([0, 0.01, 0.1]).quantile(1)).toBe(0.25);
  expect(histogramOf([1e9]).quantile(0.5)).toBeGreaterThan(250_000);
  expect(histogramOf([Number.POSITIVE_INFINITY]).quantile(1)).toBe(0.25 * 2 ** 20);
});

test('a sample lives between half a window and a whole one', () => {
  const histogram = new LatencyHistogram(1_000, 0);
  histogram.add(10, 0);
  histogram.add(10, 499);
  histogram.add(80, 500);
  expect(histogram.count).toBe(3);
  histogram.add(80, 999);
  expect(histogram.count).toBe(4);
  histogram.add(80, 1_000);
  expect(histogram.count).toBe(3);
  expect(histogram.quantile(0.01)).toBeGreaterThan(70);
});

test('nothing outlives a long silence', () => {
  const histogram = new LatencyHistogram(1_000, 0);
  histogram.add(10, 0);
  histogram.add(10, 600);
  histogram.add(80, 10_000);
  expect(histogram.count).toBe(1);
  expect(histogram.quantile(0.01)).toBeGreaterThan(70);
});

test('a shorter window drops what is older from then on, and a longer one keeps what is there', () => {
  const histogram = new LatencyHistogram(10_000, 0);
  histogram.add(10, 0);
  histogram.resize(100, 1_000);
  histogram.add(20, 1_049);
  expect(histogram.count).toBe(2);
  histogram.add(20, 1_101);
  expect(histogram.count).toBe(1);
  histogram.resize(60_000, 1_101);
  histogram.add(20, 1_140);
  expect(histogram.count).toBe(2);
});

test('buckets are an eighth of a doubling wide, and told by where they end', () => {
  expect(histogramOf([10]).quantile(1)).toBeCloseTo(0.25 * 2 ** (43 / 8), 9);
});

test('another length of the window brings back nothing that was over before', () => {
  const histogram = new LatencyHistogram(1_000, 0);
  histogram.add(10, 0);
  histogram.resize(100_000, 2_000);
  histogram.add(20, 2_001);
  expect(histogram.count).toBe(1);
});
