import { ConfigError } from '@holdfast/core';
import type { Outcome, Random } from '@holdfast/core';
import { durationMs, number, readOptions } from '@holdfast/core/options';

/** What a backoff may look at besides the number of the attempt. */
export interface BackoffPast {
  /** What this backoff answered last time in the same call, in milliseconds; 0 before the first time. */
  readonly previousMs: number;
  /** How the attempt ended. */
  readonly outcome: Outcome;
  /** The chance to use, so that tests and simulations can repeat it. */
  readonly random: Random;
}

/**
 * How long to wait after attempt number `attempt` (1 for the first), in milliseconds. Any function is one:
 * `(attempt) => attempt * 100`. It keeps nothing between calls: one backoff serves any number of calls at once.
 */
export interface Backoff {
  (attempt: number, past: BackoffPast): number;
  /**
   * The longest wait it may answer with after attempt number `attempt`, for `pipeline.explain()`: a function cannot be asked for its
   * worst. One without it counts as unbounded; those below have it, and yours gets it with
   * `Object.assign((attempt) => attempt * 100, { longestMs: (attempt) => attempt * 100 })`.
   */
  readonly longestMs?: (attempt: number) => number;
}

export interface LinearOptions {
  /** The first wait, and what each further one is longer by; above 0. @default 50: about one round trip to a distant region */
  readonly baseMs?: number | undefined;
  /**
   * No wait is longer; at least `baseMs`.
   * @default 5_000: whoever waits for the answer has mostly gone by then
   */
  readonly capMs?: number | undefined;
}

export interface ExponentialOptions extends LinearOptions {
  /**
   * What the ceiling is multiplied by at every attempt; at least 1. @default 2 (3 for `decorrelatedJitter`, as Brooker has it)
   */
  readonly factor?: number | undefined;
}

/**
 * Always the same wait. Without jitter callers that failed together come back together: for a dependency with one caller.
 * @throws {ConfigError} when `delayMs` is not a finite number of at least 0.
 */
export function constant(delayMs: number): Backoff {
  const { delayMs: waitMs } = readOptions('constant', { delayMs }, { delayMs: durationMs(0) });
  return bounded(
    () => waitMs,
    () => waitMs,
  );
}

/** `baseMs`, twice that, three times, … up to `capMs`, with no jitter. @throws {ConfigError} */
export function linear(options?: LinearOptions): Backoff {
  const { baseMs, capMs } = read('linear', options);
  const ceiling = (attempt: number): number => Math.min(capMs, baseMs * attempt);
  return bounded((attempt) => ceiling(attempt), ceiling);
}

/**
 * `baseMs`, then `factor` times the one before, up to `capMs`, with no jitter. At any attempt number: a power beyond all numbers
 * is the cap.
 * @throws {ConfigError}
 */
export function exponential(options?: ExponentialOptions): Backoff {
  const ceiling = ceilingOf('exponential', options);
  return bounded((attempt) => ceiling(attempt), ceiling);
}

/**
 * Anything from 0 up to the exponential ceiling, evenly: the fewest calls in all of Brooker's simulation, and the default. Random
 * at the cap, too.
 * @throws {ConfigError}
 * @see Brooker, Exponential Backoff And Jitter (AWS Architecture Blog, 2015): "Full Jitter"
 */
export function fullJitter(options?: ExponentialOptions): Backoff {
  const ceiling = ceilingOf('fullJitter', options);
  return bounded((attempt, { random }) => random() * ceiling(attempt), ceiling);
}

/**
 * Half the exponential ceiling, and evenly up to all of it: where some wait is always wanted.
 * @throws {ConfigError}
 * @see Brooker (2015): "Equal Jitter"
 */
export function equalJitter(options?: ExponentialOptions): Backoff {
  const ceiling = ceilingOf('equalJitter', options);
  return bounded((attempt, { random }) => (ceiling(attempt) / 2) * (1 + random()), ceiling);
}

/**
 * Evenly from `baseMs` up to `factor` times the wait before: grows with what was drawn, not with the attempt's number. Brooker
 * draws first and cuts at the cap, where two waits in three then are the cap itself; here the range is cut, so that the waits at
 * the cap are as random as any.
 * @throws {ConfigError}
 * @see Brooker (2015): "Decorrelated Jitter"
 */
export function decorrelatedJitter(options?: ExponentialOptions): Backoff {
  const { baseMs, capMs, factor } = read('decorrelatedJitter', options, 3);
  const wait: Backoff = (_attempt, { previousMs, random }) => {
    const ceilingMs = Math.min(capMs, Math.max(baseMs, previousMs) * factor);
    return baseMs + random() * (ceilingMs - baseMs);
  };
  return bounded(wait, (attempt) => Math.min(capMs, baseMs * factor ** attempt));
}

const bounded = (wait: Backoff, longestMs: (attempt: number) => number): Backoff => Object.assign(wait, { longestMs });

function ceilingOf(name: string, options: ExponentialOptions | undefined): (attempt: number) => number {
  const { baseMs, capMs, factor } = read(name, options);
  return (attempt) => Math.min(capMs, baseMs * factor ** (attempt - 1));
}

interface Growth {
  readonly baseMs: number;
  readonly capMs: number;
  readonly factor: number;
}

function read(name: string, options: LinearOptions | ExponentialOptions | undefined, factor: number = 2): Growth {
  const growth = readOptions(name, options, {
    baseMs: durationMs(50, { above: true }),
    capMs: durationMs(5_000, { above: true }),
    ...(name === 'linear' ? undefined : { factor: number({ min: 1 }, factor) }),
  });
  const { baseMs, capMs } = growth;
  if (capMs < baseMs) throw new ConfigError(name, 'capMs', capMs, `at least baseMs (${baseMs})`);
  return { factor, ...growth };
}
