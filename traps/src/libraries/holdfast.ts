import {
  bulkhead,
  circuitBreaker,
  constant,
  deadline,
  exponential,
  fallback,
  hedge,
  pipeline,
  rateLimit,
  retry,
  retryBudget,
  singleFlight,
  staleCache,
  subscribe,
  timeout,
} from 'holdfast';
import type { Classify, Clock, Policy, RetryBudget, RunOptions } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import type { Opened } from '../libraries.ts';
import type { Breaker, BreakerOptions, Capabilities, Runner } from '../scenario.ts';
import { jumpWallClockOnly, realTime, REST_MS } from '../time.ts';

/** On its own virtual clock, or on the system's as in production. */
export function open(kind: 'virtual' | 'real'): Opened {
  if (kind === 'real') return { time: realTime(), capabilities: capabilities(undefined) };
  const clock = new VirtualClock();
  const advance = (ms: number): Promise<void> => clock.advance(ms);
  return {
    time: {
      now: () => clock.now(),
      advance,
      rest: () => advance(REST_MS),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      jumpWallClock: jumpWallClockOnly,
    },
    capabilities: capabilities(clock),
  };
}

function capabilities(clock: Clock | undefined): Partial<Capabilities> {
  const serve = (policies: readonly Policy<unknown>[], options: RunOptions = {}, classify?: Classify): Runner => {
    const service = pipeline({ name: 'service', clock, classify }, ...policies);
    return {
      takesSignal: true,
      call: (operation, signal) => service.run((call) => operation(call.signal), { ...options, signal }),
    };
  };

  return {
    breaker: (options = {}) => breaker(options, clock),
    defaultBreaker() {
      const circuit = circuitBreaker({ clock });
      const service = serve([circuit]);
      return { ...service, state: () => stateOf(circuit), parts: () => [circuit, service] };
    },
    retry({ attempts = 3, waitMs = 100, factor, capMs = 2 ** 40, deadlineMs, failed, budget, retryAfter = false } = {}) {
      const backoff = factor === undefined ? constant(waitMs) : exponential({ baseMs: waitMs, factor, capMs });
      const again = retry({ attempts, backoff, budget: budgetOf(budget, clock), clock, ...(!retryAfter && { retryAfter }) });
      const classify: Classify = ({ threw, value }) => (!threw && failed?.(value) ? 'failure' : undefined);
      return serve(
        deadlineMs === undefined ? [again] : [deadline({ ms: deadlineMs, clock }), again],
        { idempotent: true },
        classify,
      );
    },
    defaultRetry: () => serve([retry({ clock })], { idempotent: true }),
    timeout({ ms, fallback: answer }) {
      const limit = timeout({ ms, clock });
      return serve(answer === undefined ? [limit] : [fallback(answer), limit]);
    },
    bulkhead({ concurrency, queue, expiryMs, timeoutMs }) {
      const waiting = expiryMs === undefined ? {} : { queueTimeoutMs: expiryMs };
      const room = bulkhead({ concurrency, queue, ...waiting, clock });
      const service = serve(timeoutMs === undefined ? [room] : [room, timeout({ ms: timeoutMs, clock })]);
      return { ...service, callWithin: service.call };
    },
    rateLimit({ limit, periodMs }) {
      const rate = rateLimit({ limit, perMs: periodMs, clock });
      return { ...serve([rate]), update: (limits) => rate.resize(limits) };
    },
    singleFlight: () => serve([singleFlight()], { key: 'one' }),
    staleCache: ({ freshMs }) =>
      serve([staleCache({ ttlMs: freshMs, staleWhileRevalidateMs: 100 * freshMs, clock })], { key: 'one' }),
    hedge: ({ delayMs, budget }) => serve([hedge({ delayMs, budget: budgetOf(budget, clock), clock })], { idempotent: true }),
    plain: () => serve([]),
  };
}

function breaker(options: BreakerOptions, clock: Clock | undefined): Breaker {
  const { failureRatio, minimumCalls = 2, windowMs: durationMs = 10_000, openMs = 1_000, probeWaitMs } = options;
  const { given, listener, ignore, concurrency, cacheMs } = options;
  const halfOpen = probeWaitMs === undefined ? {} : { maxWaitMs: probeWaitMs };
  const native = { failureRatio, minimumCalls, window: { durationMs }, openMs, halfOpen, clock };
  given?.(native);
  const circuit = circuitBreaker(native);
  if (listener !== undefined) subscribe((event) => event.type === 'circuit.opened' && listener());
  const service = pipeline(
    { name: 'service', clock, classify: ({ threw, error }) => (threw && ignore?.(error) ? 'ignored' : undefined) },
    ...(cacheMs === undefined ? [] : [staleCache({ ttlMs: cacheMs, clock })]),
    circuit,
    ...(concurrency === undefined ? [] : [bulkhead({ concurrency, queue: 0, clock })]),
  );
  return {
    takesSignal: true,
    call: (operation, signal) => service.run((call) => operation(call.signal), { signal }),
    callFor: (key, operation) => service.run((call) => operation(call.signal), { key }),
    state: () => stateOf(circuit),
    parts: () => [circuit, service],
  };
}

/** As good as never refilled. */
function budgetOf(tokens: number | undefined, clock: Clock | undefined): RetryBudget | false {
  return tokens !== undefined && retryBudget({ ratio: 0, minPerSecond: 0.001, reserve: tokens, clock });
}

const stateOf = ({ state }: { state: string }): 'closed' | 'open' | 'half-open' =>
  state === 'closed' || state === 'half-open' ? state : 'open';
