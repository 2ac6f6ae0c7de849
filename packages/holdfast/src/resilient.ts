import { bulkhead, rateLimit } from '@holdfast/bulkhead';
import { circuitBreaker } from '@holdfast/circuit-breaker';
import { pipeline } from '@holdfast/core';
import type { Clock, Pipeline, Policy } from '@holdfast/core';
import { deadline, timeout } from '@holdfast/deadline';
import { fallback } from '@holdfast/fallback';
import { hedge, retry, retryBudget } from '@holdfast/retry';
import type { HedgeOptions, RetryBudget, RetryOptions } from '@holdfast/retry';
import { checkAttempt, keptWithin, limitOf } from './resilient-limits.ts';
import { isPolicy, readResilientOptions } from './resilient-options.ts';
import type { Part, ResilientOptions } from './resilient-options.ts';

export type { Part, ResilientOptions };

/**
 * The standard pipeline, outermost first: fallback if given, deadline, throttle if given, retry, hedge if given, circuit breaker, rate
 * limit if given, bulkhead, attempt time-out. In this order because
 * - the fallback answers for whatever fails inside it, an exceeded deadline included;
 * - the deadline bounds all attempts and waits together;
 * - a throttled call costs no retry, and retries are throttled as new calls are;
 * - a hedge is for slow attempts and a retry for failed ones: inside of it, so that what the retry repeats is not hedged, too;
 * - each attempt asks the breaker, so retries stop when it opens, and it judges attempts, not calls;
 * - each attempt counts for the rate limit, for each reaches the dependency; what an open circuit refuses takes no permit there, and
 *   what the limit refuses tells the breaker nothing;
 * - who waits for its turn holds no permit of the bulkhead, whose permits are for what runs. The price: what a full bulkhead refuses was
 *   counted, and what waits in its queue comes later than it was counted. Give it `queue: 0` where the other side counts strictly;
 * - a refused call takes no permit, and waiting for a permit counts against the deadline, not against the attempt;
 * - the time-out bounds what really runs, and the breaker sees it as a failure.
 *
 * Options given for a part are merged over its own defaults; a policy given for it replaces it. An attempt that may last longer than the
 * deadline is refused, also by `update`; what else contradicts itself `explain()` tells.
 * @throws {ConfigError} for options that cannot be, of this function or of a part.
 */
export function resilient<Added = never>(name: string, options?: ResilientOptions<Added>): Pipeline<Added> {
  const { classify, clock, random, ...parts } = readResilientOptions(options);
  const whole = made(parts.deadline, { clock }, deadline);
  const wholeMs = limitOf(whole) ?? Number.POSITIVE_INFINITY;
  const attempt = made(parts.timeout ?? { ms: Math.min(3_000, wholeMs) }, { clock }, timeout);
  checkAttempt(attempt, wholeMs);
  const budget = sharedBudget(parts.retry, parts.hedge, clock);
  const policies: (Policy<Added> | false)[] = [
    typeof parts.fallback === 'function' ? fallback<Added>(parts.fallback) : parts.fallback,
    whole,
    parts.throttle,
    made(parts.retry, { clock, random, budget }, retry),
    made(parts.hedge, { clock, budget }, hedge),
    made(parts.circuitBreaker, { clock, random }, circuitBreaker),
    made(parts.rateLimit, { clock }, rateLimit),
    made(parts.bulkhead, { clock, queueTimeoutMs: Math.min(1_000, wholeMs / 2) }, bulkhead),
    attempt,
  ];
  const used = policies.filter((policy) => policy !== false);
  return keptWithin(pipeline<Policy<Added>[]>({ name, classify, clock }, ...used), whole, attempt);
}

/** The part itself; what it is not given, such as its clock, is as it is for the whole. */
function made<Options extends object>(
  given: Part<Options>,
  shared: Partial<Options>,
  make: (options: Options) => Policy,
): Policy | false {
  if (given === false || isPolicy(given)) return given;
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return make({ ...shared, ...own } as Options);
}

/** What the dependency bears is one thing, so one budget pays for retries and hedges: the retry's, unless one of them has its own. */
function sharedBudget(retries: Part<RetryOptions>, hedges: Part<HedgeOptions>, clock: Clock): RetryBudget | undefined {
  if (retries === false || isPolicy(retries) || hedges === false || isPolicy(hedges)) return undefined;
  if (retries.budget === false || hedges.budget !== undefined) return undefined;
  return retries.budget ?? retryBudget({ clock });
}
