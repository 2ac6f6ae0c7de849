import { bulkhead } from '@holdfast/bulkhead';
import type { BulkheadOptions } from '@holdfast/bulkhead';
import { circuitBreaker } from '@holdfast/circuit-breaker';
import type { CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { ConfigError, pipeline } from '@holdfast/core';
import type { Classify, Clock, Pipeline, Policy, Random } from '@holdfast/core';
import { aClock, anything, aRandom, callback, readOptions } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import { deadline, timeout } from '@holdfast/deadline';
import type { DeadlineOptions, TimeoutOptions } from '@holdfast/deadline';
import { fallback } from '@holdfast/fallback';
import type { Answer } from '@holdfast/fallback';
import { retry } from '@holdfast/retry';
import type { RetryOptions } from '@holdfast/retry';

/** A part of the standard pipeline: its options, a policy of your own in its place, or `false` to leave it out. */
export type Part<Options> = Options | Policy | false;

export interface ResilientOptions<Added = never> {
  /** The answer when the call cannot be made or fails: `(error, call, outcome) => answer`, or a policy. @default none: the error is what the caller gets */
  readonly fallback?: Answer<Added> | Policy<Added> | false | undefined;
  /** Bounds the whole call. @default { ms: 10_000 }: three attempts of the default length and the waits between them fit */
  readonly deadline?: Part<DeadlineOptions> | undefined;
  /** A policy that slows down a client whose servers refuse. @default none */
  readonly throttle?: Policy | false | undefined;
  /** @default retry's own: three attempts, full jitter, a budget of its own, only what may safely be repeated */
  readonly retry?: Part<RetryOptions> | undefined;
  /** @default circuitBreaker's own: opens at half of at least 20 calls failed within 10 s, for 5 s */
  readonly circuitBreaker?: Part<CircuitBreakerOptions> | undefined;
  /** @default bulkhead's own */
  readonly bulkhead?: Part<BulkheadOptions> | undefined;
  /** Bounds one attempt. @default { ms: 3_000 }, or the deadline's if that is less: longer than a healthy answer takes; give twice the p99 of yours */
  readonly timeout?: Part<TimeoutOptions> | undefined;
  /** What answers and errors tell about the dependency. @default every error is a failure, every value a success */
  readonly classify?: Classify | undefined;
  /** Time of all parts. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Chance of all parts, uniform in [0, 1). @default Math.random */
  readonly random?: Random | undefined;
}

/**
 * The standard pipeline, outermost first: fallback if given, deadline, throttle if given, retry, circuit breaker, bulkhead, attempt
 * time-out. In this order because
 * - the fallback answers for whatever fails inside it, an exceeded deadline included;
 * - the deadline bounds all attempts and waits together;
 * - a throttled call costs no retry, and retries are throttled as new calls are;
 * - each attempt asks the breaker, so retries stop when it opens, and it judges attempts, not calls;
 * - a refused call takes no permit, and waiting for a permit counts against the deadline, not against the attempt;
 * - the time-out bounds what really runs, and the breaker sees it as a failure.
 *
 * Options given for a part are merged over its own defaults; a policy given for it replaces it.
 * @throws {ConfigError} for options that cannot be, of this function or of a part.
 */
export function resilient<Added = never>(name: string, options?: ResilientOptions<Added>): Pipeline<Added> {
  const { clock, random, classify, ...parts } = readOptions('resilient', options, {
    fallback: part<Answer<Added> | Policy<Added> | false>(
      'a function (error, call, outcome) => answer, a policy, or false',
      isFunction,
      false,
    ),
    deadline: part<Part<DeadlineOptions>>(PART, isObject, { ms: 10_000 }),
    throttle: part<Policy | false>('a policy, or false', isPolicy, false),
    retry: part<Part<RetryOptions>>(PART, isObject, {}),
    circuitBreaker: part<Part<CircuitBreakerOptions>>(PART, isObject, {}),
    bulkhead: part<Part<BulkheadOptions>>(PART, isObject, {}),
    timeout: part<Part<TimeoutOptions> | undefined>(PART, isObject, undefined),
    classify: callback<Classify | undefined>('(ending, call) => kind', undefined),
    clock: aClock,
    random: aRandom,
  });
  const timed = { clock };
  const drawn = { clock, random };
  const policies: (Policy<Added> | false)[] = [
    typeof parts.fallback === 'function' ? fallback<Added>(parts.fallback) : parts.fallback,
    made(parts.deadline, timed, deadline),
    parts.throttle,
    made(parts.retry, drawn, retry),
    made(parts.circuitBreaker, drawn, circuitBreaker),
    made(parts.bulkhead, timed, bulkhead),
    made(attemptTimeout(parts.timeout, parts.deadline), timed, timeout),
  ];
  const used = policies.filter((policy) => policy !== false);
  return pipeline<Policy<Added>[]>({ name, classify, clock }, ...used);
}

const PART = 'its options, a policy in its place, or false';

function part<T>(allowed: string, alsoAccepts: (value: unknown) => boolean, byDefault: T): OptionRule<T> {
  return anything(allowed, byDefault, (value) => value === false || isPolicy(value) || alsoAccepts(value));
}

/** The part itself; its own clock and chance are those of the whole unless it is given others. */
function made<Options extends object>(given: Part<Options>, shared: object, make: (options: Options) => Policy): Policy | false {
  if (given === false || isPolicy(given)) return given;
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return make({ ...shared, ...own } as unknown as Options);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isFunction = (value: unknown): value is (...args: never) => unknown => typeof value === 'function';

function isPolicy(value: unknown): value is Policy {
  if (typeof value !== 'object' || value === null) return false;
  return ['enter', 'exit', 'run'].some((method) => typeof (value as Record<string, unknown>)[method] === 'function');
}

/**
 * An attempt that may last longer than the whole call is never cut by its own time-out: when both are given that is a mistake,
 * when only the deadline is, the default gives way.
 */
function attemptTimeout(given: Part<TimeoutOptions> | undefined, whole: Part<DeadlineOptions>): Part<TimeoutOptions> {
  const wholeMs = whole === false || isPolicy(whole) ? Number.POSITIVE_INFINITY : whole.ms;
  if (given === undefined) return { ms: Math.min(3_000, wholeMs) };
  if (given !== false && !isPolicy(given) && typeof given.ms === 'number' && given.ms > wholeMs) {
    throw new ConfigError('resilient', 'timeout.ms', given.ms, `at most deadline.ms, which is ${wholeMs}`);
  }
  return given;
}
