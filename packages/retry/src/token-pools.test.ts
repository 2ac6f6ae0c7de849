import { expect, test } from 'vitest';
import { TokenPools } from './token-pools.ts';

const pools = (options: { minPerSecond?: number; reserve?: number } = {}): TokenPools =>
  new TokenPools({ windowMs: 1_000, minPerSecond: 0, reserve: 0, ...options }, 0);

/** What there is at each of some times. */
const availableAt = (from: TokenPools, ...times: number[]): number[] => times.map((at) => from.available(at));

test('a token earned at the beginning of a half lives for the whole window, and not a moment longer', () => {
  const earned = pools();
  earned.earn(1, 0);
  expect(availableAt(earned, 499, 500, 999, 1_000)).toEqual([1, 1, 1, 0]);
});

test('a token earned late in a half lives at least for half a window', () => {
  const earned = pools();
  earned.earn(1, 100);
  expect(availableAt(earned, 500, 999, 1_000)).toEqual([1, 1, 0]);
});

test('a token earned just when a half begins belongs to it', () => {
  const earned = pools();
  earned.earn(1, 500);
  expect(availableAt(earned, 999, 1_000, 1_499, 1_500)).toEqual([1, 1, 1, 0]);
});

test('spends what expires first first, and of each no more than is asked for', () => {
  const mixed = pools({ reserve: 5 });
  mixed.earn(1, 0);
  mixed.earn(4, 500);
  expect(mixed.take(2, 500)).toBe(true);
  // then: the older one is spent, and one of the newer
  expect(availableAt(mixed, 999, 1_000, 1_500)).toEqual([8, 8, 5]);
});

test('touches the reserve last, and only for the rest', () => {
  const mixed = pools({ reserve: 5 });
  mixed.earn(1, 0);
  expect(mixed.take(2, 500)).toBe(true);
  expect(mixed.available(500)).toBe(4);
});

test('takes all or nothing', () => {
  const few = pools({ reserve: 1.5 });
  expect(few.take(2, 0)).toBe(false);
  expect(few.available(0)).toBe(1.5);
  expect(few.take(1.5, 0)).toBe(true);
});

test('what is given back after the reserve has filled by itself counts as earned', () => {
  const refilling = pools({ minPerSecond: 1, reserve: 1 });
  expect(refilling.take(1, 0)).toBe(true);
  refilling.giveBack(1, 1_000);
  expect(refilling.available(1_000)).toBe(2);
});

test('a reserve that was resized fills up to its new size, and no further', () => {
  const refilling = pools({ minPerSecond: 1, reserve: 10 });
  const resize = (reserve: number, now: number): void => refilling.resize({ windowMs: 1_000, minPerSecond: 1, reserve }, 1, now);
  resize(4, 0);
  expect(availableAt(refilling, 0, 60_000)).toEqual([4, 4]);
  resize(20, 60_000);
  expect(availableAt(refilling, 60_000, 120_000)).toEqual([4, 20]);
});

test('what was earned in either half shrinks alike', () => {
  const earned = pools();
  earned.earn(8, 0);
  earned.earn(4, 500);
  earned.resize({ windowMs: 1_000, minPerSecond: 0, reserve: 0 }, 0.5, 500);
  expect(availableAt(earned, 500, 1_000)).toEqual([6, 2]);
});
