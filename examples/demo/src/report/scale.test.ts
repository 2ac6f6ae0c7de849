import { expect, test } from 'vitest';
import { linearScale, logScale } from './scale.ts';

test('ends a linear axis on a round number that holds the largest value', () => {
  expect(linearScale(609).ticks).toEqual([0, 200, 400, 600, 800]);
  expect(linearScale(100).ticks).toEqual([0, 50, 100]);
  expect(linearScale(0.7).ticks.at(-1)).toBeCloseTo(0.8);
  expect(linearScale(0).ticks).toContain(0);
});

test('puts values on a linear axis in proportion', () => {
  const { at } = linearScale(800);

  expect(at(0)).toBe(0);
  expect(at(200)).toBe(0.25);
  expect(at(800)).toBe(1);
});

test('spans a logarithmic axis between powers of ten', () => {
  const { at, ticks } = logScale(40, 9_300);

  expect(ticks).toEqual([10, 100, 1_000, 10_000]);
  expect(at(10)).toBe(0);
  expect(at(1_000)).toBeCloseTo(2 / 3);
  expect(at(0)).toBe(0);
});
