import { expect, test } from 'vitest';
import { median, quantile, spread } from './statistics.ts';

test('the median is the middle sample, whatever their order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 9, 100, 8, 7])).toBe(9);
});

test('of an even number of samples the upper of the two in the middle is taken: a value that occurred', () => {
  expect(median([1, 2, 3, 4])).toBe(3);
});

test('a quantile has its share of the samples below it', () => {
  const samples = Array.from({ length: 100 }, (_, i) => i);
  expect(quantile(samples, 0)).toBe(0);
  expect(quantile(samples, 0.99)).toBe(99);
  expect(quantile(samples, 0.25)).toBe(25);
  expect(quantile(samples, 1)).toBe(99);
});

test('one sample is every quantile of itself', () => {
  expect(spread([3])).toEqual({ low: 3, median: 3, high: 3 });
});

test('a spread is the median and the quartiles', () => {
  expect(spread(Array.from({ length: 100 }, (_, i) => i))).toEqual({ low: 25, median: 50, high: 75 });
});

test('a few wild samples move neither the median nor the quartiles', () => {
  const calm = [2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8];
  const wild = [2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 1_000];
  expect(spread(wild)).toEqual(spread(calm));
});

test('the samples are left as they were', () => {
  const samples = [3, 1, 2];
  spread(samples);
  expect(samples).toEqual([3, 1, 2]);
});

test('numbers are sorted as numbers', () => {
  expect(median([2, 10, 100])).toBe(10);
});

test('no samples have no quantile', () => {
  expect(() => median([])).toThrow('there are no samples');
});
