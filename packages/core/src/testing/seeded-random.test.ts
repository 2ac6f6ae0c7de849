import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random.ts';

const draw = (seed: number | string, count: number): number[] => Array.from({ length: count }, seededRandom(seed));

/** Sum of (seen - expected)^2 / expected. */
function chiSquare(counts: readonly number[], total: number): number {
  const wanted = total / counts.length;
  return counts.reduce((sum, seen) => sum + (seen - wanted) ** 2 / wanted, 0);
}

test('the first values of a seed never change from release to release', () => {
  expect(draw(1, 4)).toEqual([0.5686059962026775, 0.753928849240765, 0.8893939366098493, 0.49002045509405434]);
  expect(draw(2 ** 32 - 1, 2)).toEqual([0.19461841275915504, 0.44733440689742565]);
  expect(draw(-1, 2)).toEqual([0.23192791058681905, 0.748898584395647]); // no integer from 0 on: hashed
  expect(draw('fleet', 4)).toEqual([0.11440776684321463, 0.24524185666814446, 0.4587759990245104, 0.7507496743928641]);
});

test('the same seed gives the same sequence, another seed another one', () => {
  expect(draw(42, 100)).toEqual(draw(42, 100));
  const seeds = [0, 1, 2, -1, 0.5, 2 ** 32, Number.NaN, '', 'a', 'b'];
  expect(new Set(seeds.map((seed) => draw(seed, 3).join())).size).toBe(seeds.length);
});

test('neighbouring seeds start far apart and evenly spread', () => {
  const counts = Array.from({ length: 100 }, () => 0);
  for (let seed = 0; seed < 100_000; seed++) counts[Math.floor(seededRandom(seed)() * 100)]!++;
  expect(chiSquare(counts, 100_000)).toBeGreaterThan(57); // both bounds at p = 0.0002, 99 degrees of freedom
  expect(chiSquare(counts, 100_000)).toBeLessThan(157);
});

test('values, and pairs of neighbours, are evenly spread over [0, 1)', () => {
  const total = 200_000;
  const random = seededRandom('spread');
  const values = Array.from({ length: 100 }, () => 0);
  const pairs = Array.from({ length: 100 }, () => 0);
  let previous = random();
  let sum = 0;
  for (let index = 0; index < total; index++) {
    const value = random();
    if (!(value >= 0 && value < 1)) throw new RangeError(`${value}`);
    values[Math.floor(value * 100)]!++;
    pairs[Math.floor(previous * 10) * 10 + Math.floor(value * 10)]!++;
    sum += value;
    previous = value;
  }
  for (const counts of [values, pairs]) {
    expect(chiSquare(counts, total)).toBeGreaterThan(57);
    expect(chiSquare(counts, total)).toBeLessThan(157);
  }
  expect(sum / total).toBeCloseTo(0.5, 2);
});
