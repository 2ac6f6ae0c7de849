import { ConfigError } from '@holdfast/core';
import type { CallContext, Clock, Outcome } from '@holdfast/core';
import { aClock, callback, count, durationMs, readOptions, text } from '@holdfast/core/options';

export interface RateLimitOptions {
  /** Shown in errors, events and snapshots. @default 'rateLimit' */
  readonly name?: string | undefined;
  /**
   * Permits in each {@link perMs}; a whole number of at least 1. For 2.5 a second say 5 in 2 000 ms. There is no default: it is the
   * other side's promise, and one that everybody is within limits nobody.
   */
  readonly limit: number;
  /** What `limit` counts in, in milliseconds, above 0. @default 1_000: limits are mostly told by the second */
  readonly perMs?: number | undefined;
  /**
   * Makes it a token bucket, with so many permits at once after a pause; a whole number of at least 1. Then in any `perMs` there are
   * at most `burst + limit` permits. With 1 permits are spaced evenly, `perMs / limit` apart.
   * @default none: a window that slides, and in any `perMs` at most `limit` permits, which keeps to the limit however the other side counts
   */
  readonly burst?: number | undefined;
  /**
   * How long a call may wait for its turn, in milliseconds; `Infinity` if callers bound their calls themselves. A call whose turn
   * would come later, or not within its own deadline, is refused at once.
   * @default 0: it is refused at once. A steady excess fills any queue, and then each call waits as long as it may and just as many
   * are refused; waiting helps where calls come in bursts, which the caller knows and we do not
   */
  readonly maxWaitMs?: number | undefined;
  /**
   * Calls that may wait, whatever their wait; 0 for none.
   * @default 1_000: some hundred kilobytes; `maxWaitMs` bounds it sooner, unless the rate is high
   */
  readonly queue?: number | undefined;
  /**
   * Permits a call takes, a whole number from 1 to what one can have at most (`burst`, or else `limit`). A call for which it gives
   * anything else is refused.
   * @default () => 1
   */
  readonly weight?: ((call: CallContext) => number) | undefined;
  /**
   * Whether an outcome says that we are too fast, such as a 429. `true` takes all permits that are there; a number of milliseconds
   * does so, too, and nobody is admitted for so long (at most 5 minutes: no header shuts us for good); `false`, `undefined` and 0 do
   * nothing. Anything else, a promise or `NaN` included, is reported as `policy.faulted` and does nothing. Asked about whatever ran.
   * @default nobody is asked
   */
  readonly drainOn?: ((outcome: Outcome) => boolean | number | undefined) | undefined;
  /** Must be the pipeline's. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** What may be changed while running. A bucket stays one, a window, too. */
export type RateLimitUpdate = Partial<Omit<RateLimitOptions, 'name' | 'clock'>>;

export interface RateLimitSettings {
  readonly name: string;
  readonly limit: number;
  readonly perMs: number;
  readonly burst: number | undefined;
  readonly maxWaitMs: number;
  /** 0 when nobody may wait. */
  readonly queue: number;
  /** `undefined` when every call takes one permit. */
  readonly weight: RateLimitOptions['weight'];
  readonly drainOn: RateLimitOptions['drainOn'];
  readonly clock: Clock;
}

/** @throws {ConfigError} for options out of range, or at odds with each other. */
export function readRateLimitOptions(given: Partial<RateLimitOptions> | undefined): RateLimitSettings {
  const options = readOptions('rateLimit', given, {
    name: text('rateLimit'),
    limit: count<undefined>(1, undefined),
    perMs: durationMs(1_000, { above: true }),
    burst: count<undefined>(1, undefined),
    maxWaitMs: durationMs(0, { orInfinity: true }),
    queue: count<undefined>(0, undefined),
    weight: callback<RateLimitOptions['weight']>('(call) => whole number of at least 1', undefined),
    drainOn: callback<RateLimitOptions['drainOn']>('(outcome) => boolean | milliseconds', undefined),
    clock: aClock,
  });
  const { name, limit, maxWaitMs, queue = 1_000 } = options;
  if (limit === undefined) throw new ConfigError(name, 'limit', limit, 'a whole number of at least 1');
  if (maxWaitMs === 0 && options.queue !== undefined && queue > 0) {
    throw new ConfigError(name, 'queue', queue, 'absent or 0 while maxWaitMs is 0: nobody waits');
  }
  return { ...options, limit, queue: maxWaitMs === 0 ? 0 : queue };
}
