import { ConfigError } from '@holdfast/core';
import type { CallContext, Clock, Outcome, Random } from '@holdfast/core';
import { aClock, anything, aRandom, callback, count, durationMs, having, readOptions, text } from '@holdfast/core/options';
import { fullJitter } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { discardBody } from './discard.ts';
import { retryAfterOf } from './retry-after.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** Shown in errors, events and snapshots. @default 'retry' */
  readonly name?: string | undefined;
  /**
   * Calls in all, the first included; 1 to 10 000. There is no "unlimited": what must go on for ever is a loop of its own, not a
   * call.
   * @default 3: a fault that two more attempts do not mend is mostly no passing one (Google SRE, AWS SDK)
   */
  readonly attempts?: number | undefined;
  /** How long to wait in between, unless the other side says. @default fullJitter({ baseMs: 50, capMs: 5_000 }) */
  readonly backoff?: Backoff | undefined;
  /**
   * Which ended attempts are worth another: asked about the kinds `failure`, `stalled` and `rejected` only. A success is none of
   * its business (`classify` of the pipeline says what one is), and what the caller gave up or the classifier ignores is never
   * repeated.
   * @default failure and stalled; what our own policies refused is not asked for again
   */
  readonly retryOn?: ((outcome: Outcome, call: CallContext) => boolean) | undefined;
  /**
   * Whether repeating does no harm, for calls that do not say so themselves (`run(…, { idempotent })`, which always prevails).
   * @default no: a retry cannot see what the operation does, and a payment made twice is worse than one that failed once
   */
  readonly idempotent?: boolean | undefined;
  /**
   * Whether an attempt surely did nothing, so that it may be repeated although nobody called it idempotent; not asked about calls
   * that say `idempotent: false`. {@link neverSent} suits operations that make one request.
   * @default (outcome) => !outcome.ran: one of our own policies refused it
   */
  readonly unsent?: ((outcome: Outcome) => boolean) | undefined;
  /**
   * Whether the call is itself a retry, by a layer above: then it is not retried here, because attempts of layers multiply: three
   * layers of three are 27. An adapter that knows of a retrying client, such as from `x-holdfast-attempt`, says so here.
   * `attempt` is the number the call came with: above 1 within a repeated attempt of an outer retry or hedge, or of the call this
   * one is part of.
   * @default (_call, attempt) => attempt > 1
   */
  readonly isRetry?: ((call: CallContext, attempt: number) => boolean) | undefined;
  /**
   * Reads the other side's wish, in milliseconds; `Infinity` forbids a retry. `false` takes no notice of any.
   * @default {@link retryAfterOf}: `retryAfterMs`, `x-holdfast-shed` and `Retry-After`
   */
  readonly retryAfter?: ((outcome: Outcome) => number | undefined) | false | undefined;
  /**
   * The longest wish that is followed, in milliseconds. For a longer one the retry is given up rather than made earlier: to come
   * before the time is what the other side asked us not to do.
   * @default 30_000: longer than that, work belongs into a queue and not into a waiting call
   */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * Time an attempt needs to be worth beginning, in milliseconds: without it left after the wait, there is no retry. @default 0
   */
  readonly minAttemptMs?: number | undefined;
  /**
   * Bounds retries over all calls. Share one among the pipelines that lead to the same dependency; `false` for none.
   * @default one of its own: safe without a thought, and with defaults that a healthy service does not notice
   */
  readonly budget?: RetryBudget | false | undefined;
  /**
   * Lets go of an answer that counts as a failure and is about to be replaced. May return a promise; nobody waits for it.
   * @default cancels the `body` of a response, so that its connection is free
   */
  readonly discard?: ((outcome: Outcome) => unknown) | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). @default the system's */
  readonly random?: Random | undefined;
}

/** A budget that never ends: with it a retry needs no question whether there is one. */
const UNBOUNDED: RetryBudget = { deposit() {}, withdraw: () => 1, giveBack() {}, snapshot: () => ({}) };

/** The options with their defaults in place. */
export type ReadRetryOptions = {
  readonly [K in keyof Omit<RetryOptions, 'idempotent' | 'retryAfter' | 'budget'>]-?: Exclude<RetryOptions[K], undefined>;
} & {
  readonly idempotent: boolean | undefined;
  readonly retryAfter: (outcome: Outcome) => number | undefined;
  readonly budget: RetryBudget;
};

/** @throws {ConfigError} for options out of range, or that contradict each other. */
export function readRetryOptions(options: RetryOptions | undefined): ReadRetryOptions {
  const budgetRule = having<RetryBudget | false | undefined>(
    'a budget',
    ['deposit', 'withdraw', 'giveBack', 'snapshot'],
    undefined,
  );
  const read = readOptions('retry', options, {
    name: text('retry'),
    attempts: count(1, 3, 10_000),
    backoff: callback<Backoff>('(attempt, past) => milliseconds', fullJitter()),
    retryOn: callback<ReadRetryOptions['retryOn']>('(outcome, call) => boolean', ({ kind }) => kind !== 'rejected'),
    idempotent: anything<boolean | undefined>('true or false', undefined, (value) => typeof value === 'boolean'),
    unsent: callback<ReadRetryOptions['unsent']>('(outcome) => boolean', ({ ran }) => !ran),
    isRetry: callback<ReadRetryOptions['isRetry']>('(call, attempt) => boolean', (_call, attempt) => attempt > 1),
    retryAfter: anything<ReadRetryOptions['retryAfter'] | false>(
      'a function (outcome) => milliseconds, or false',
      retryAfterOf,
      (value) => value === false || typeof value === 'function',
    ),
    maxRetryAfterMs: durationMs(30_000),
    minAttemptMs: durationMs(0),
    budget: { ...budgetRule, allowed: `${budgetRule.allowed}, or false`, accepts: (v) => v === false || budgetRule.accepts(v) },
    discard: callback<ReadRetryOptions['discard']>('(outcome) => unknown', discardBody),
    clock: aClock,
    random: aRandom,
  });
  const { name, retryAfter, budget = retryBudget({ clock: read.clock }), clock } = read;
  if (retryAfter === false && options?.maxRetryAfterMs !== undefined) {
    throw new ConfigError(name, 'maxRetryAfterMs', options.maxRetryAfterMs, 'absent while retryAfter is false');
  }
  if (budget !== false && budget.clock !== undefined && budget.clock !== clock) {
    throw new ConfigError(name, 'budget.clock', 'another clock', "the retry's clock: give both the same one");
  }
  return {
    ...read,
    retryAfter: retryAfter === false ? () => undefined : retryAfter,
    budget: budget === false ? UNBOUNDED : budget,
  };
}
