import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canBeLogarithmic, roundAbove, roundBelow, scaleOf, ticksOf } from './scale.ts';

const any = (): boolean => true;

test('a linear scale runs from end to end, also backwards', () => {
  const { at } = scaleOf(0, 10, 300, 100, false);

  expect([at(0), at(5), at(10)]).toEqual([300, 200, 100]);
});

test('a logarithmic scale gives every factor the same length', () => {
  const { at } = scaleOf(1, 100, 0, 200, true);

  expect([at(1), at(10), at(100)]).toEqual([0, 100, 200]);
});

test('a scale of one figure has a length all the same', () => {
  expect(scaleOf(5, 5, 0, 100, false).at(5)).toBe(0);
  expect(scaleOf(0, 0, 0, 100, false).at(0)).toBe(0);
  expect(scaleOf(5, 5, 0, 100, true).at(5)).toBe(0);
});

test('the round figures around a figure are 1, 2 or 5 times a power of ten', () => {
  expect([0.3, 1, 1.9, 7, 10, 4_999].map(roundBelow)).toEqual([0.2, 1, 1, 5, 10, 2_000]);
  expect([0.3, 1, 1.9, 7, 10, 4_999].map(roundAbove)).toEqual([0.5, 1, 2, 10, 10, 5_000]);
});

test('round figures enclose what they are asked for', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
      expect(roundBelow(value)).toBeLessThanOrEqual(value * (1 + 1e-9));
      expect(roundAbove(value)).toBeGreaterThanOrEqual(value * (1 - 1e-9));
      expect(roundAbove(value)).toBeLessThanOrEqual(roundBelow(value) * 2.5 * (1 + 1e-9));
    }),
  );
});

test('only figures above 0 can be on a logarithmic scale, and there must be one', () => {
  expect([[1, 2], [0, 1], [-1], []].map(canBeLogarithmic)).toEqual([true, false, false, false]);
});

test('linear ticks are round and even', () => {
  expect(ticksOf(scaleOf(0, 6.93, 0, 100, false), any)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(ticksOf(scaleOf(-0.6, 0.6, 0, 100, false), any)).toEqual([-0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6]);
});

test('logarithmic ticks are at 1, 2 and 5 of each decade', () => {
  expect(ticksOf(scaleOf(1, 100, 0, 100, true), any)).toEqual([1, 2, 5, 10, 20, 50, 100]);
});

test('a logarithmic scale shorter than that has even ticks', () => {
  expect(ticksOf(scaleOf(1, 1.9, 0, 100, true), any)).toEqual([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9]);
});

test('where ticks do not fit there are fewer, and none rather than one', () => {
  const decades = scaleOf(1, 1e6, 0, 100, true);
  const atMost = (most: number) => ticksOf(decades, (ticks) => ticks.length <= most);

  expect(atMost(7)).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
  expect(atMost(4)).toEqual([1, 100, 1e4, 1e6]);
  expect(atMost(3)).toEqual([1, 1e3, 1e6]);
  expect(atMost(1)).toEqual([]);
});
