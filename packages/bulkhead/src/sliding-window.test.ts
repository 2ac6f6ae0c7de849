import { expect, test } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

const windowOf = (limit: number, perMs: number): SlidingWindow => new SlidingWindow({ limit, perMs, burst: undefined });

test('a permit comes back when its window has passed, not with the next second', () => {
  const window = windowOf(2, 1_000);
  const taken = [900, 950, 999, 1_000, 1_899, 1_900, 1_901, 1_950].map((now) => window.take(1, now));
  expect(taken).toEqual([true, true, false, false, false, true, false, true]);
});

test('after a long time idle it holds its limit and no more', () => {
  const window = windowOf(3, 1_000);
  for (let i = 0; i < 3; i++) window.take(1, i);
  expect(Array.from({ length: 5 }, () => window.take(1, 1e12))).toEqual([true, true, true, false, false]);
});

test('a heavy call waits until enough has come back', () => {
  const window = windowOf(5, 100);
  window.take(2, 0);
  window.take(2, 10);
  expect(window.take(4, 50)).toBe(false);
  expect(window.freeAt(4, 50)).toBe(110);
  expect(window.take(4, 109)).toBe(false);
  expect(window.take(4, 110)).toBe(true);
});

test('looks ahead beyond its limit', () => {
  const window = windowOf(2, 100);
  window.take(1, 0);
  window.take(1, 30);
  expect([1, 2, 3, 4, 5].map((permits) => window.freeAt(permits, 50))).toEqual([100, 130, 200, 230, 300]);
  expect([1, 2, 3].map((permits) => window.freeAt(permits, 500))).toEqual([500, 500, 600]);
});

test('a resize counts what was taken: a smaller limit waits until enough has come back, a greater one has more at once', () => {
  const window = windowOf(4, 100);
  for (const now of [0, 10, 20, 30]) window.take(1, now);
  window.resize({ limit: 2, perMs: 100, burst: undefined }, 30);
  expect(window.available(30)).toBe(-2);
  expect([1, 2].map((permits) => window.freeAt(permits, 30))).toEqual([120, 130]);
  window.resize({ limit: 5, perMs: 50, burst: undefined }, 30);
  expect(window.available(30)).toBe(1);
  expect(window.freeAt(2, 30)).toBe(50);
});

test('a permit given back is there again, unless it has come back by itself', () => {
  const window = windowOf(3, 100);
  window.take(1, 0);
  window.take(2, 50);
  window.giveBack(2, 50);
  expect(window.available(50)).toBe(2);
  expect(window.available(120)).toBe(3);
  window.giveBack(1, 0);
  expect(window.available(120)).toBe(3);
  window.take(1, 200);
  window.giveBack(2, 150);
  expect(window.available(200)).toBe(2);
});

test('drained, nothing is there until a window has passed', () => {
  const window = windowOf(3, 100);
  window.take(1, 0);
  window.drain(40);
  window.drain(40);
  expect([99, 100, 139, 140].map((now) => window.available(now))).toEqual([0, 1, 1, 3]);
});

test('a copy goes on by itself', () => {
  const window = windowOf(2, 100);
  for (const now of [0, 1, 150]) window.take(1, now);
  const copy = window.copy();
  expect(copy.take(1, 150)).toBe(true);
  expect(copy.freeAt(1, 150)).toBe(250);
  expect(window.available(150)).toBe(1);
});

test('a million permits a second are noted in a thousand notes, and a permit is at most a thousandth late', () => {
  const window = windowOf(1_000_000, 1_000);
  let now = 0;
  while (window.take(1_000, now)) now += 0.5;
  expect(now).toBe(500);
  const back = window.freeAt(1_000, now);
  expect(back).toBeGreaterThanOrEqual(1_000);
  expect(back).toBeLessThanOrEqual(1_001);
  expect(window.take(1_000, back)).toBe(true);
  expect(window.freeAt(1_000_000 * 2, now)).toBeGreaterThanOrEqual(2_499);
});

test('looks ahead over several windows to the end of a slice, as the permits will be noted', () => {
  const window = windowOf(2_048, 1_024);
  expect(window.freeAt(2_049, 0.5)).toBe(1_025);
  window.take(2_048, 0.5);
  expect(window.freeAt(1, 0.5)).toBe(1_025);
});

test('a resize that does away with slices leaves the notes in order', () => {
  const window = windowOf(2_048, 1_024);
  window.take(5, 0.5); // noted at 1
  window.resize({ limit: 6, perMs: 1_024, burst: undefined }, 0.6);
  window.take(1, 0.7);
  const back = window.freeAt(6, 0.7);
  expect(window.take(6, back)).toBe(true);
});
