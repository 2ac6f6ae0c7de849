import { expect, test } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';
import { TokenBucket } from './token-bucket.ts';
import { TurnLine, TurnWaiter } from './turn-line.ts';

function lineOf(...weights: readonly number[]): { line: TurnLine; waiters: TurnWaiter[] } {
  const line = new TurnLine();
  const waiters = weights.map((permits) => new TurnWaiter(permits, 0, Number.POSITIVE_INFINITY));
  for (const waiter of waiters) line.add(waiter);
  return { line, waiters };
}

test('a newcomer has its turn behind all who wait, and sooner when one of them leaves', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 3 });
  bucket.take(3, 0);
  const { line, waiters } = lineOf(1, 3, 2);
  expect(line.turnOfNext(1, bucket, 0)).toBe(70);
  line.remove(waiters[1]!);
  expect(line.turnOfNext(1, bucket, 0)).toBe(40);
  expect([line.size, line.first]).toEqual([2, waiters[0]]);
});

test('a window sees several of its lengths ahead, heavy calls among those who wait', () => {
  const window = new SlidingWindow({ limit: 3, perMs: 100, burst: undefined });
  window.take(3, 0);
  // 2 at 100; 2 more do not fit beside them: at 200; then 3 alone at 300; the newcomer at 400.
  const { line } = lineOf(2, 2, 3);
  expect(line.turnOfNext(1, window, 0)).toBe(400);
  expect(lineOf(1, 1, 1, 1, 1, 1).line.turnOfNext(1, window, 0)).toBe(300);
});

test('who does not stay is not counted for those behind', () => {
  const bucket = new TokenBucket({ limit: 1, perMs: 10, burst: 2 });
  bucket.take(2, 0);
  const { line, waiters } = lineOf(1, 2, 1);
  const turns: number[] = [];
  line.forEachTurn(bucket.copy(), 0, (waiter, turnAt) => {
    turns.push(turnAt);
    if (waiter === waiters[1]) line.remove(waiter);
    return waiter !== waiters[1];
  });
  expect(turns).toEqual([10, 30, 20]);
});

test('a light call behind a heavy one comes no sooner than that', () => {
  const window = new SlidingWindow({ limit: 5, perMs: 100, burst: undefined });
  window.take(3, 0);
  window.take(2, 50);
  const { line } = lineOf(4, 1);
  const turns: number[] = [];
  line.forEachTurn(window.copy(), 60, (_waiter, turnAt) => turns.push(turnAt) > 0);
  expect(turns).toEqual([150, 150]);
});

test('a light newcomer comes no sooner than the heavy ones ahead, also when they are looked through', () => {
  const window = new SlidingWindow({ limit: 5, perMs: 100, burst: undefined });
  window.take(3, 0);
  window.take(2, 50);
  expect(lineOf(4, 4).line.turnOfNext(1, window, 60)).toBe(250);
});
