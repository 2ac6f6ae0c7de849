import { expect, test } from 'vitest';
import { largest, lowestOf, nearest, peakOf, within } from './points.ts';

const points = [3, 1, 5, 1, 5, 1, 2].map((y, x) => ({ x, y }));

test('finds the highest point, the last of several, and the lowest, the middle one of several', () => {
  expect(peakOf(points)).toEqual({ x: 4, y: 5 });
  expect(lowestOf(points)).toEqual({ x: 3, y: 1 });
  expect(largest(points, [{ x: 0, y: 9 }])).toBe(9);
});

test('leaves out the borders of a stretch', () => {
  expect(within({ from: 2, to: 5 }, points).map(({ x }) => x)).toEqual([3, 4]);
});

test('finds the point closest in time, and has a hole where there is none', () => {
  expect(nearest(points, 2.4)).toEqual({ x: 2, y: 5 });
  expect(nearest([], 2).y).toBeNaN();
});
