import { ConfigError } from '@holdfast/core';
import type { CallContext, Outcome, Random } from '@holdfast/core';
import { aRandom, callback, count, durationMs, readOptions, text } from '@holdfast/core/options';
import { fullJitter } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { extraAttemptRules, extraAttemptSettings } from './extra-attempts.ts';
import type { ExtraAttemptOptions, ExtraAttemptSettings } from './extra-attempts.ts';

export interface RetryOptions extends ExtraAttemptOptions {
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
   * repeated. Must answer `true` or `false` at once: a promise is a fault, and no.
   * @default failure and stalled. What our own policies refused is not asked for again: they refuse to take load off, and a refusal
   * that is worth waiting for (`() => true` repeats it, after its `retryAfterMs`) is for the caller to choose
   */
  readonly retryOn?: ((outcome: Outcome, call: CallContext) => boolean) | undefined;
  /**
   * Whether an attempt surely did nothing, so that it may be repeated although nobody called it idempotent; not asked about calls
   * that say `idempotent: false`. {@link neverSent} suits operations that make one request.
   * @default (outcome) => !outcome.ran: one of our own policies refused it. Such a refusal is repeated only if `retryOn` wants it
   */
  readonly unsent?: ((outcome: Outcome) => boolean) | undefined;
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
  /** Uniform in [0, 1). @default the system's */
  readonly random?: Random | undefined;
}

/** The options with their defaults in place. */
export interface RetrySettings extends ExtraAttemptSettings {
  readonly name: string;
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly retryOn: (outcome: Outcome, call: CallContext) => boolean;
  readonly unsent: (outcome: Outcome) => boolean;
  readonly maxRetryAfterMs: number;
  readonly minAttemptMs: number;
  readonly random: Random;
}

/**
 * @param before what was in effect up to now, for an update.
 * @throws {ConfigError} for options out of range, or that contradict each other.
 */
export function readRetryOptions(options: RetryOptions | undefined, before?: RetrySettings): RetrySettings {
  const read = readOptions('retry', options, {
    ...extraAttemptRules,
    name: text('retry'),
    attempts: count(1, 3, 10_000),
    backoff: callback<Backoff>('(attempt, past) => milliseconds', fullJitter()),
    retryOn: callback<RetrySettings['retryOn']>('(outcome, call) => boolean', ({ kind }) => kind !== 'rejected'),
    unsent: callback<RetrySettings['unsent']>('(outcome) => boolean', ({ ran }) => !ran),
    maxRetryAfterMs: durationMs(30_000),
    minAttemptMs: durationMs(0),
    random: aRandom,
  });
  const { name, retryAfter } = read;
  if (retryAfter === false && options?.maxRetryAfterMs !== undefined) {
    throw new ConfigError(name, 'maxRetryAfterMs', options.maxRetryAfterMs, 'absent while retryAfter is false');
  }
  return { ...read, ...extraAttemptSettings(name, read, before) };
}
