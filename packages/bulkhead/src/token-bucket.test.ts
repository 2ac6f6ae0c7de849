import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

/** How many of so many calls, all at `now`, get a permit. */
function admitted(bucket: TokenBucket, calls: number, now: number): number {
  let count = 0;
  for (let i = 0; i < calls; i++) if (bucket.take(1, now)) count++;
  return count;
}

test('gives out a burst at once, then one permit an interval', () => {
  const bucket = new TokenBucket({ limit: 10, perMs: 1_000, burst: 3 });
  expect(admitted(bucket, 5, 0)).toBe(3);
  expect([99, 100, 150, 199, 200].map((now) => bucket.take(1, now))).toEqual([false, true, false, false, true]);
});

test('however long it was idle, there is one burst and no more', () => {
  const bucket = new TokenBucket({ limit: 10, perMs: 1_000, burst: 3 });
  bucket.take(3, 5);
  expect(admitted(bucket, 100, 1e12)).toBe(3);
  expect(bucket.available(1e15)).toBe(3);
});

test('with a burst of 1 permits are an interval apart', () => {
  const bucket = new TokenBucket({ limit: 4, perMs: 1_000, burst: 1 });
  const times = Array.from({ length: 1_000 }, (_, i) => i * 10).filter((now) => bucket.take(1, now));
  expect(times).toEqual(Array.from({ length: 40 }, (_, i) => i * 250));
});

test.each([
  ['a third of a millisecond', 3, 1, 1e9],
  ['a million a second, eleven days after the start', 1_000_000, 1_000, 1e9],
  ['seven in a thousand', 7, 1_000, 1e12],
])('does not drift: %s', (_, limit, perMs, startMs) => {
  const bucket = new TokenBucket({ limit, perMs, burst: 1_000 });
  bucket.take(1_000, startMs);
  let now = startMs;
  let taken = 0;
  for (let i = 1; i <= 100_000; i++) {
    now = bucket.freeAt(1, now);
    if (bucket.take(1, now)) taken++;
  }
  expect(taken).toBe(100_000);
  const elapsed = 100_000 * (perMs / limit);
  expect(now - startMs).toBeCloseTo(elapsed, startMs === 1e12 ? 3 : 6); // as exactly as a number of this size can be told
});

test('one permit a day is one a day', () => {
  const day = 86_400_000;
  const bucket = new TokenBucket({ limit: 1, perMs: day, burst: 1 });
  expect([0, 1, day - 1, day, day + 1].map((now) => bucket.take(1, now))).toEqual([true, false, false, true, false]);
});

test('a heavy call waits until there is enough for all of it', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 5 });
  bucket.take(4, 0);
  expect(bucket.take(3, 0)).toBe(false);
  expect(bucket.freeAt(3, 0)).toBe(20);
  expect(bucket.take(3, 19)).toBe(false);
  expect(bucket.take(3, 20)).toBe(true);
});

test('looks ahead beyond the burst, from a full bucket, too', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 2 });
  expect([1, 2, 3, 4].map((permits) => bucket.freeAt(permits, 100))).toEqual([100, 100, 110, 120]);
  bucket.take(2, 100);
  expect([1, 2, 3].map((permits) => bucket.freeAt(permits, 100))).toEqual([110, 120, 130]);
  expect(bucket.freeAt(1, 115)).toBe(115);
});

test('a resize keeps the tokens and goes on refilling, at the new rate', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 4 });
  bucket.take(3, 0);
  bucket.resize({ limit: 1, perMs: 100, burst: 10 }, 0);
  expect(bucket.available(0)).toBe(1); // the greater burst is not filled for free
  expect(bucket.available(100)).toBe(2);
  expect(bucket.available(10_000)).toBe(10);
  bucket.resize({ limit: 1, perMs: 100, burst: 2 }, 10_000);
  expect(bucket.available(10_000)).toBe(2);
});

test('a permit given back at once is there again, one given back late is only as much as time has not refilled', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 3 });
  bucket.take(2, 0);
  bucket.giveBack(2, 0, 0);
  expect(bucket.available(0)).toBe(3);
  bucket.take(1, 100);
  bucket.take(2, 105);
  expect(bucket.available(105)).toBe(0.5);
  bucket.giveBack(1, 100, 105);
  expect(bucket.available(105)).toBe(1);
});

test('a permit that time has given back already is not given back again', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 1 });
  bucket.take(1, 0);
  bucket.take(1, 50);
  bucket.giveBack(1, 0, 50);
  expect(bucket.take(1, 50)).toBe(false);
});

test('drained, it has nothing, and refills as ever', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 3 });
  bucket.drain(0);
  expect([0, 9, 10].map((now) => bucket.available(now) >= 1)).toEqual([false, false, true]);
  expect(bucket.available(1_000)).toBe(3);
});

test('a copy goes on by itself', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 3 });
  bucket.take(1, 0);
  const copy = bucket.copy();
  expect(copy.take(2, 0)).toBe(true);
  expect(copy.freeAt(1, 0)).toBe(10);
  expect(bucket.available(0)).toBe(2);
});

test('a permit of before a resize is not given back by the new rate when the old one has refilled it', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 1, burst: 1 });
  bucket.take(1, 0);
  bucket.resize({ limit: 1, perMs: 1_000, burst: 2 }, 2);
  bucket.giveBack(1, 0, 3);
  expect(bucket.available(3)).toBeCloseTo(1.001, 9);
});
