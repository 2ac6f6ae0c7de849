import type { CallContext, Outcome } from '@holdfast/core';
import { anything, callback, count, durationMs, readOptions, text } from '@holdfast/core/options';
import { extraAttemptRules, extraAttemptSettings } from './extra-attempts.ts';
import type { ExtraAttemptOptions, ExtraAttemptSettings } from './extra-attempts.ts';
import { readDelay } from './hedge-delay.ts';
import type { AdaptiveDelay, DelaySettings } from './hedge-delay.ts';

export interface HedgeOptions extends ExtraAttemptOptions {
  /** Shown in errors, events and snapshots. @default 'hedge' */
  readonly name?: string | undefined;
  /**
   * How long an attempt is waited for before another begins beside it, in milliseconds; 0 begins all of them together. Or by which
   * latencies to choose it: the later, the fewer extra attempts, and the more of a slow one is waited for.
   * @default {} the 95th percentile of the last minute's latencies
   */
  readonly delayMs?: number | AdaptiveDelay | undefined;
  /**
   * Attempts in all, the first included; 1 to 10, where 1 switches the hedge off.
   * @default 2: the third of three slow ones would mostly be slow for a reason they share
   */
  readonly attempts?: number | undefined;
  /**
   * Which failed attempts make the next one begin at once, as gRPC has it: asked about the kinds `failure` and `stalled`. Must answer
   * `true` or `false` at once: a promise is a fault, and no.
   * @default none. A hedge is for slow answers; what failed is repeated by a retry around it, which waits with jitter, so that what
   * failed together does not come back together
   */
  readonly hedgeOn?: ((outcome: Outcome, call: CallContext) => boolean) | undefined;
  /**
   * Time an attempt needs to be worth beginning, in milliseconds: with no more left until the deadline no other begins.
   * @default the median latency seen, where the delay is adaptive; else 0
   */
  readonly minAttemptMs?: number | undefined;
}

/** The options with their defaults in place. */
export interface HedgeSettings extends ExtraAttemptSettings {
  readonly name: string;
  readonly delayMs: DelaySettings;
  readonly attempts: number;
  readonly hedgeOn: (outcome: Outcome, call: CallContext) => boolean;
  readonly minAttemptMs: number | undefined;
}

/**
 * @param before what was in effect up to now, for an update.
 * @throws {ConfigError} for options out of range, or that contradict each other.
 */
export function readHedgeOptions(options: HedgeOptions | undefined, before?: HedgeSettings): HedgeSettings {
  const read = readOptions('hedge', options, {
    ...extraAttemptRules,
    name: text('hedge'),
    delayMs: anything<number | AdaptiveDelay>(
      'a finite number of at least 0, in milliseconds, or { quantile, … }',
      {},
      (value) => typeof value === 'number' || (typeof value === 'object' && value !== null),
    ),
    attempts: count(1, 2, 10),
    hedgeOn: callback<HedgeSettings['hedgeOn']>('(outcome, call) => boolean', () => false),
    minAttemptMs: durationMs<number | undefined>(undefined),
  });
  const { name, delayMs } = read;
  return { ...read, ...extraAttemptSettings(name, read, before), delayMs: readDelay(name, delayMs) };
}
