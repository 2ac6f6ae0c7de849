import type { BulkheadOptions, RateLimitOptions } from '@holdfast/bulkhead';
import type { CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import type { Classify, Clock, Policy, Random } from '@holdfast/core';
import { aClock, anything, aRandom, callback, readOptions } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import type { DeadlineOptions, TimeoutOptions } from '@holdfast/deadline';
import type { Answer } from '@holdfast/fallback';
import type { HedgeOptions, RetryOptions } from '@holdfast/retry';

/** A part of the standard pipeline: its options, a policy of your own in its place, or `false` to leave it out. */
export type Part<Options> = Options | Policy | false;

export interface ResilientOptions<Added = never> {
  /**
   * The answer when the call cannot be made or fails: `(error, call, outcome) => answer`, or a policy, such as `fallback(answer, { on })`
   * of `@holdfast/fallback`. For the same answer each time, return it from a function.
   * @default none: the error is what the caller gets
   */
  readonly fallback?: Answer<Added> | Policy<Added> | false | undefined;
  /** Bounds the whole call. @default { ms: 10_000 }: three attempts of the default length and the waits between them fit */
  readonly deadline?: Part<DeadlineOptions> | undefined;
  /** A policy that slows down a client whose servers refuse. @default none */
  readonly throttle?: Policy | false | undefined;
  /** @default retry's own: three attempts, full jitter, a budget of its own, only what may safely be repeated */
  readonly retry?: Part<RetryOptions> | undefined;
  /**
   * A second attempt beside a slow first. It draws on the retry's budget, unless one of the two is a policy or was given another
   * budget (or the retry none).
   * @default none: it adds load, and helps only where few answers are slow
   */
  readonly hedge?: Part<HedgeOptions> | undefined;
  /** @default circuitBreaker's own: opens at half of at least 20 calls failed within 10 s, for 5 s */
  readonly circuitBreaker?: Part<CircuitBreakerOptions> | undefined;
  /** Keeps attempts to a limit of the other side. @default none: only the other side knows its limit */
  readonly rateLimit?: Part<RateLimitOptions> | undefined;
  /** @default bulkhead's own; with a deadline below 2 s its `queueTimeoutMs` is half of that, so that a call that waited is still of use */
  readonly bulkhead?: Part<BulkheadOptions> | undefined;
  /** Bounds one attempt. @default { ms: 3_000 }, or the deadline's if that is less: longer than a healthy answer takes; give twice the p99 of yours */
  readonly timeout?: Part<TimeoutOptions> | undefined;
  /** What answers and errors tell about the dependency. @default every error is a failure, every value a success */
  readonly classify?: Classify | undefined;
  /** Time of all parts. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Chance of all parts, uniform in [0, 1). @default the system's */
  readonly random?: Random | undefined;
}

/** The options with their defaults in place; those of a part are read by itself. */
export interface ResilientParts<Added> {
  readonly fallback: Answer<Added> | Policy<Added> | false;
  readonly deadline: Part<DeadlineOptions>;
  readonly throttle: Policy | false;
  readonly retry: Part<RetryOptions>;
  readonly hedge: Part<HedgeOptions>;
  readonly circuitBreaker: Part<CircuitBreakerOptions>;
  readonly rateLimit: Part<RateLimitOptions>;
  readonly bulkhead: Part<BulkheadOptions>;
  /** Its default follows from the deadline. */
  readonly timeout: Part<TimeoutOptions> | undefined;
  readonly classify: Classify | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws {ConfigError} for what is no option, or no part. */
export function readResilientOptions<Added>(options: ResilientOptions<Added> | undefined): ResilientParts<Added> {
  return readOptions('resilient', options, {
    fallback: part<ResilientParts<Added>['fallback']>(
      'a function (error, call, outcome) => answer, a policy, or false',
      (value) => typeof value === 'function',
      false,
    ),
    deadline: standard<DeadlineOptions>({ ms: 10_000 }),
    throttle: part<Policy | false>('a policy, or false', () => false, false),
    retry: standard<RetryOptions>({}),
    hedge: standard<HedgeOptions>(false),
    circuitBreaker: standard<CircuitBreakerOptions>({}),
    rateLimit: standard<RateLimitOptions>(false),
    bulkhead: standard<BulkheadOptions>({}),
    timeout: standard<TimeoutOptions, undefined>(undefined),
    classify: callback<Classify | undefined>('(ending, call) => kind', undefined),
    clock: aClock,
    random: aRandom,
  });
}

/** A part that is made by its options. */
function standard<Options extends object, None = never>(byDefault: Options | false | None): OptionRule<Part<Options> | None> {
  // The tag tells an object from a list, and from a promise nobody awaited, whose options would all be missing.
  const isOptions = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]';
  return part<Part<Options> | None>('its options, a policy in its place, or false', isOptions, byDefault);
}

function part<T>(allowed: string, alsoAccepts: (value: unknown) => boolean, byDefault: T): OptionRule<T> {
  return anything(allowed, byDefault, (value) => value === false || isPolicy(value) || alsoAccepts(value));
}

export function isPolicy(value: unknown): value is Policy {
  if (typeof value !== 'object' || value === null) return false;
  return ['enter', 'exit', 'run'].some((method) => typeof (value as Record<string, unknown>)[method] === 'function');
}
