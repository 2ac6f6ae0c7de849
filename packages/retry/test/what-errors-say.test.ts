// Errors tell what would have been right, in words: someone reads them at a start that failed.
import { subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { linear } from '../src/backoff.ts';
import { retryBudget } from '../src/retry-budget.ts';
import type { RetryBudgetOptions } from '../src/retry-budget.ts';
import type { RetryOptions } from '../src/retry-options.ts';
import { retry } from '../src/retry.ts';
import { ending, setUp } from './harness.ts';

test.for<[options: unknown, words: string]>([
  [{ backoff: 5 }, 'retry: option backoff must be a function (attempt, past) => milliseconds'],
  [{ retryOn: 5 }, '(outcome, call) => boolean'],
  [{ idempotent: 5 }, 'true or false'],
  [{ unsent: 5 }, '(outcome) => boolean'],
  [{ isRetry: 5 }, '(call, attempt) => boolean'],
  [{ retryAfter: 5 }, 'a function (outcome) => milliseconds, or false'],
  [{ budget: 5 }, 'or false'],
  [{ budget: 5 }, 'a budget'],
  [{ discard: 5 }, '(outcome) => unknown'],
  [{ retryAfter: false, maxRetryAfterMs: 5 }, 'maxRetryAfterMs must be absent while retryAfter is false'],
  [
    { budget: retryBudget({ clock: new VirtualClock() }) },
    'budget.clock must be the clock of retry: give both the same one, got "another clock"',
  ],
])('of a retry with %o', ([options, words]) => {
  expect(() => retry(options as RetryOptions)).toThrow(words);
});

test.for<[options: RetryBudgetOptions, words: string]>([
  [{ ratio: -1 }, 'retryBudget: option ratio'],
  [{ reserve: -1, minPerSecond: 0 }, 'reserve'],
  [{ ratio: 0, minPerSecond: 0 }, 'ratio must be above 0 while minPerSecond is 0'],
  [{ reserve: 1 }, 'reserve must be at least timeoutCost (2) while minPerSecond is above 0'],
])('of a budget with %o', ([options, words]) => {
  expect(() => retryBudget(options)).toThrow(words);
});

test('of a backoff whose cap is below its base', () => {
  expect(() => linear({ baseMs: 50, capMs: 49 })).toThrow('capMs must be at least baseMs (50)');
  expect(() => linear({ capMs: 0 })).toThrow('capMs must be a finite number above 0');
});

test('a cap that is the base, and a budget that only time fills, are in order', () => {
  expect(linear({ baseMs: 50, capMs: 50 })(9, { previousMs: 0, random: () => 0 } as never)).toBe(50);
  expect(() => retryBudget({ ratio: 0, minPerSecond: 1 })).not.toThrow();
});

test.for<[option: string, options: RetryOptions, got: string]>([
  ['backoff', { backoff: () => Number.NaN }, 'NaN'],
  ['retryAfter', { retryAfter: () => -1 }, '-1'],
])('of a wait that %s answers with and that is none', async ([option, options, got]) => {
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.error)));
  const { protect } = setUp([{}], options);
  await ending(
    protect.run(() => {
      throw new Error('down');
    }),
  );
  expect(faults).toMatchObject([{ message: `${option} must answer with milliseconds of at least 0, at once; got ${got}` }]);
});
