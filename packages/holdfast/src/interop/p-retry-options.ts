import { ConfigError } from '@holdfast/core';
import { anything, callback, count, durationMs, flag, number, readOptions } from '@holdfast/core/options';

/** What p-retry tells its callbacks about a failed attempt. */
export interface PRetryContext {
  readonly error: Error;
  readonly attemptNumber: number;
  readonly retriesLeft: number;
  readonly retriesConsumed: number;
  /** The wait before the next attempt, in milliseconds; 0 where none follows, as far as is known by then. */
  readonly retryDelay: number;
}

/** The `Options` of p-retry 9, each with its meaning and its default; those of 7 and 8 are among them. `null` counts as absent. */
export interface PRetryOptions {
  /** At most 9 999: more, and `Infinity`, cannot be had. @default 10 */
  readonly retries?: number | undefined;
  /** 0 counts as 1. @default 2 */
  readonly factor?: number | undefined;
  /** @default 1_000 */
  readonly minTimeout?: number | undefined;
  /** @default Infinity */
  readonly maxTimeout?: number | undefined;
  /** @default false */
  readonly randomize?: boolean | undefined;
  /** @default Infinity */
  readonly maxRetryTime?: number | undefined;
  readonly onFailedAttempt?: ((context: PRetryContext) => void | Promise<void>) | undefined;
  readonly shouldRetry?: ((context: PRetryContext) => boolean | Promise<boolean>) | undefined;
  readonly shouldConsumeRetry?: ((context: PRetryContext) => boolean | void | Promise<boolean | void>) | undefined;
  /** Cannot be had: a policy serves many calls, and each has a signal of its own. */
  readonly signal?: AbortSignal | undefined;
  /** Only `false` can be had: a call that is waited for keeps the process alive. */
  readonly unref?: boolean | undefined;
}

/** The options with their defaults in place. */
export interface PRetryRules {
  readonly retries: number;
  readonly factor: number;
  readonly minTimeout: number;
  readonly maxTimeout: number;
  readonly randomize: boolean;
  readonly maxRetryTime: number;
  readonly onFailedAttempt: (context: PRetryContext) => unknown;
  readonly shouldRetry: (context: PRetryContext) => unknown;
  readonly shouldConsumeRetry: ((context: PRetryContext) => unknown) | undefined;
}

export const MOST_RETRIES = 9_999;

/** @throws {ConfigError} for what p-retry refuses, and for what cannot be had here. */
export function readPRetryOptions(policy: string, options: PRetryOptions | undefined): PRetryRules {
  const ask = (answer: string): string => `(context) => ${answer}`;
  const { signal, unref, factor, ...rules } = readOptions(policy, withoutNulls(options), {
    retries: count(0, 10, MOST_RETRIES),
    factor: number({ min: 0 }, 2),
    minTimeout: durationMs(1_000),
    maxTimeout: durationMs(Number.POSITIVE_INFINITY, { orInfinity: true }),
    randomize: flag(false),
    maxRetryTime: durationMs(Number.POSITIVE_INFINITY, { orInfinity: true }),
    onFailedAttempt: callback<PRetryRules['onFailedAttempt']>(ask('void'), () => {}),
    shouldRetry: callback<PRetryRules['shouldRetry']>(ask('boolean'), () => true),
    shouldConsumeRetry: callback<PRetryRules['shouldConsumeRetry']>(ask('boolean'), undefined),
    signal: anything<unknown>('', undefined),
    unref: flag(false),
  });
  if (signal !== undefined) {
    throw new ConfigError(policy, 'signal', signal, 'left out: give each call its own, run(operation, { signal })');
  }
  if (unref) throw new ConfigError(policy, 'unref', unref, 'false: who waits for an answer keeps the process alive');
  return { ...rules, factor: factor === 0 ? 1 : factor };
}

function withoutNulls(options: PRetryOptions | undefined): object | undefined {
  if (Object.prototype.toString.call(options) !== '[object Object]') return options;
  return Object.fromEntries(Object.entries(options!).filter(([, value]) => value !== null));
}

const LONGEST_MS = 2 ** 31 - 1;

/** The wait before retry number `consumed + 1`: `round(drawn × minTimeout × factor^consumed)`, at most `maxTimeout`. */
export function waitMs({ minTimeout, maxTimeout, factor }: PRetryRules, consumed: number, drawn: number): number {
  if (minTimeout === 0) return 0; // not 0 × Infinity
  return Math.min(Math.round(drawn * minTimeout * factor ** consumed), Math.ceil(maxTimeout), LONGEST_MS);
}

/** The longest that all waits of one call take together. */
export function longestBetweenMs(rules: PRetryRules): number {
  let sum = 0;
  for (let consumed = 0; consumed < rules.retries; consumed++) sum += waitMs(rules, consumed, rules.randomize ? 2 : 1);
  return Math.min(sum, rules.maxRetryTime);
}
