import { ConfigError } from '@holdfast/core';
import type { Clock, Outcome } from '@holdfast/core';
import {
  checkFixed,
  aClock,
  durationMs,
  number,
  ratio as ratioRule,
  readOptions,
  text,
  withChanges,
} from '@holdfast/core/options';
import { isTimeout } from './error-codes.ts';
import { TokenPools } from './token-pools.ts';

export interface RetryBudgetOptions {
  /** Shown in snapshots. @default 'retryBudget' */
  readonly name?: string | undefined;
  /**
   * Extra attempts earned by each success, from 0 to 1.
   * @default 0.1: whatever fails, retries add at most a tenth to the load in the long run (Google SRE)
   */
  readonly ratio?: number | undefined;
  /**
   * After how many milliseconds at most an earned token expires; at least half as long it lives. It sizes the burst by the
   * traffic: a tenth of ten seconds of calls, be that three or three thousand.
   * @default 10_000, as in Finagle
   */
  readonly windowMs?: number | undefined;
  /**
   * Extra attempts a second that need not be earned, so that rare traffic can retry at all and an outage goes on being probed; at
   * least 0.
   * @default 1
   */
  readonly minPerSecond?: number | undefined;
  /**
   * How many of those are kept while unused, in tokens; full at the start. At least `timeoutCost`, or 0 together with
   * `minPerSecond`.
   * @default 10
   */
  readonly reserve?: number | undefined;
  /**
   * Tokens for an extra attempt after a time-out, at least 1: the attempt left behind may still be worked on, so the dependency
   * then does two things for us. Time-outs that our own blocked event loop made (`stalled`) cost 1 as everything else.
   * @default 2
   */
  readonly timeoutCost?: number | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

export interface RetryBudgetSnapshot {
  readonly name: string;
  /** What could be spent now. */
  readonly tokens: number;
  /** Extra attempts allowed so far, those given back included. */
  readonly granted: number;
  readonly denied: number;
}

/**
 * What retries and hedges need of a budget; write your own to share one among processes. All extra attempts go through
 * `withdraw`, whichever policy makes them, and every policy that withdraws also deposits: a call through two of them earns at
 * each.
 */
export interface RetryBudget {
  /** If it has one, it must be the clock of the policies that use it. */
  readonly clock?: Clock;
  /** Extra attempts it allows in the long run, as a share of the calls: for `pipeline.explain()`. */
  readonly ratio?: number;
  /** An attempt was answered. On the way of every call: must be cheap, and must not throw. */
  deposit(): void;
  /**
   * Takes the price of one extra attempt, before the wait for it: attempts that wait are spent already, or a burst of failures
   * would all find the same token there.
   * @param after how the attempt before ended; without it (a hedge) the price is 1.
   * @returns the tokens taken, above 0; or 0: no extra attempt. At once: a promise is a fault, and no extra attempt.
   */
  withdraw(after?: Outcome): number;
  /** Returns what `withdraw` took for an attempt that was not made after all. */
  giveBack(tokens: number): void;
  snapshot(): object;
}

/** The budget of this package. */
export interface LocalRetryBudget extends RetryBudget {
  readonly clock: Clock;
  snapshot(): RetryBudgetSnapshot;
  /**
   * Changes the options named, all but `name` and `clock`, and keeps the tokens: what is above a smaller `reserve` is cut, with a
   * smaller `ratio` earned tokens shrink with it, and a larger one of either fills up by time and successes alone. With a shorter
   * window tokens expire sooner, those that are there included.
   * @throws {ConfigError}; then nothing is changed.
   */
  update(options: Omit<RetryBudgetOptions, 'name' | 'clock'>): void;
}

/**
 * A bound on extra attempts over many calls: one instance for all pipelines that lead to the same dependency. It follows from the
 * successes, so that a dependency that answers nothing is asked hardly more often than without retries, however many callers
 * there are.
 *
 * Bounds: over any stretch of time the tokens spent are at most `ratio` a success, those of the `windowMs` before included, plus
 * `minPerSecond`, plus `reserve` once. It bounds this process only, and by count: it knows nothing of what attempts cost the
 * dependency.
 * @throws {ConfigError} for options out of range, or a budget that could never pay for an attempt.
 * @see Finagle's RetryBudget for deposits that expire; AWS SDK's standard retry mode for paying before the wait and for dearer
 * time-outs
 */
export function retryBudget(options?: RetryBudgetOptions): LocalRetryBudget {
  let given = { ...options };
  let settings = readRetryBudgetOptions(options);
  const { name, clock } = settings;
  const pools = new TokenPools(settings, clock.now());
  let granted = 0;
  let denied = 0;
  return {
    clock,
    get ratio() {
      return settings.ratio;
    },
    deposit: () => pools.earn(settings.ratio, clock.turnNow()),
    withdraw(after) {
      const tokens = after !== undefined && after.kind !== 'stalled' && isTimeout(after.error) ? settings.timeoutCost : 1;
      if (pools.take(tokens, clock.now())) {
        granted++;
        return tokens;
      }
      denied++;
      return 0;
    },
    giveBack(tokens) {
      if (tokens > 0) pools.giveBack(tokens, clock.now()); // NaN would make it endless
    },
    snapshot: () => ({ name, tokens: pools.available(clock.now()), granted, denied }),
    update(changes) {
      const changed = withChanges<RetryBudgetOptions>(name, given, changes);
      const next = readRetryBudgetOptions(changed);
      checkFixed(name, settings, next, ['name', 'clock']);
      pools.resize(next, settings.ratio === 0 ? 1 : Math.min(1, next.ratio / settings.ratio), clock.now());
      given = changed;
      settings = next;
    },
  };
}

type RetryBudgetSettings = { readonly [K in keyof RetryBudgetOptions]-?: NonNullable<RetryBudgetOptions[K]> };

function readRetryBudgetOptions(options: RetryBudgetOptions | undefined): RetryBudgetSettings {
  const settings = readOptions('retryBudget', options, {
    name: text('retryBudget'),
    ratio: ratioRule(0.1),
    windowMs: durationMs(10_000, { above: true }),
    minPerSecond: number({ min: 0 }, 1),
    reserve: number({ min: 0 }, 10),
    timeoutCost: number({ min: 1 }, 2),
    clock: aClock,
  });
  const { name, ratio, minPerSecond, reserve, timeoutCost } = settings;
  if (ratio === 0 && minPerSecond === 0) throw new ConfigError(name, 'ratio', ratio, 'above 0 while minPerSecond is 0');
  if (minPerSecond > 0 && reserve < timeoutCost) {
    throw new ConfigError(name, 'reserve', reserve, `at least timeoutCost (${timeoutCost}) while minPerSecond is above 0`);
  }
  return settings;
}
