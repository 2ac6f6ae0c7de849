import { expect, test } from 'vitest';
import { cameDueInStall } from './stall.ts';

test.each<[what: string, dueAt: number, delayMs: number, stalledUntil: number, expected: boolean]>([
  ['blocked for half its delay beyond its time', 100, 40, 120, true],
  ['blocked for less', 100, 40, 119.9, false],
  ['due at the very end of the block', 100, 0, 100, false],
  ['due after it', 101, 0, 100, false],
  ['without a delay, and due in it', 99, 0, 100, true],
  ['never blocked', 100, 0, Number.NEGATIVE_INFINITY, false],
])('a timer %s', (_what, dueAt, delayMs, stalledUntil, expected) => {
  expect(cameDueInStall(dueAt, delayMs, stalledUntil)).toBe(expected);
});
