import type { Outcome } from '@holdfast/core';
import type { RetryBudget } from './retry-budget.ts';

// What code of the user's own answers, checked. A promise, say, would pass for a token or for no wish at all, and nobody would know.

/** What the other side wishes, in milliseconds; `Infinity` forbids another attempt. @throws {RangeError} when it is neither. */
export function wishOf(retryAfter: (outcome: Outcome) => number | undefined, outcome: Outcome): number | undefined {
  const wishMs = retryAfter(outcome);
  return wishMs === undefined || wishMs === Number.POSITIVE_INFINITY ? wishMs : finiteMs('retryAfter', wishMs);
}

/** What the budget gives for an extra attempt; 0 for none. @throws {RangeError} when it is no number of tokens. */
export function tokensOf(budget: RetryBudget, after: Outcome | undefined): number {
  const tokens = budget.withdraw(after);
  if (Number.isFinite(tokens) && tokens >= 0) return tokens;
  throw new RangeError(`budget.withdraw must answer with tokens of at least 0, at once; got ${String(tokens)}`);
}

/** @throws {RangeError} when it is no time to wait. */
export function finiteMs(option: string, ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new RangeError(`${option} must answer with milliseconds of at least 0, at once; got ${String(ms)}`);
}
