import { describe, expect, test } from 'vitest';
import { ORDERS } from './orders.ts';

const take = (order: keyof typeof ORDERS, keys: number, count: number): number[] =>
  Array.from({ length: count }, ORDERS[order](keys));

describe('the order of keys', () => {
  test('in turn goes round', () => {
    expect(take('in turn', 3, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  test('at random reaches all, about equally often, the same way each time', () => {
    const counts = new Array<number>(10).fill(0);
    for (const index of take('at random', 10, 10_000)) counts[index]!++;
    for (const count of counts) expect(count).toBeGreaterThan(900);
    expect(take('at random', 10, 20)).toEqual(take('at random', 10, 20));
  });

  test('of ten uses no more, and no more than there are', () => {
    expect(new Set(take('ten of them', 1_000, 100)).size).toBe(10);
    expect(new Set(take('ten of them', 3, 100)).size).toBe(3);
  });
});
