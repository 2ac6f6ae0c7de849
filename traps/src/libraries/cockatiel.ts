import {
  bulkhead,
  circuitBreaker,
  CircuitState,
  ConstantBackoff,
  ExponentialBackoff,
  fallback,
  handleAll,
  handleWhen,
  noJitterGenerator,
  noop,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import type { IPolicy } from 'cockatiel';
import { Lacks } from '../scenario.ts';
import type { Breaker, BreakerOptions, Capabilities, RetryOptions, Runner } from '../scenario.ts';

/** @see https://github.com/connor4312/cockatiel: policies over a filter, joined by `wrap`, the first the outermost */
export function capabilities(): Partial<Capabilities> {
  return {
    breaker: (options = {}) => breaker(options),
    defaultBreaker() {
      throw new Lacks('asks which breaker to use');
    },
    retry: (options = {}) => retried(options),
    defaultRetry: () => runner(retry(handleAll, {})),
    timeout({ ms, fallback: answer }) {
      const limit = timeout(ms, TimeoutStrategy.Aggressive);
      return runner(answer === undefined ? limit : wrap(fallback(handleAll, answer), limit));
    },
    bulkhead({ concurrency, queue, expiryMs = 1_000, timeoutMs }) {
      const room = bulkhead(concurrency, queue);
      return {
        ...runner(timeoutMs === undefined ? room : wrap(room, timeout(timeoutMs, TimeoutStrategy.Aggressive))),
        callWithin: runner(wrap(timeout(expiryMs, TimeoutStrategy.Aggressive), room)).call,
      };
    },
    plain: () => runner(noop),
  };
}

function runner(policy: IPolicy<{ signal: AbortSignal }, unknown>): Runner {
  return {
    takesSignal: true,
    call: (operation, signal) => policy.execute(({ signal: own }) => operation(own), signal),
  };
}

function breaker({
  failureRatio = 0.5,
  minimumCalls = 2,
  windowMs = 10_000,
  openMs = 1_000,
  ...options
}: BreakerOptions): Breaker {
  const { ignore, concurrency, cacheMs, listener, given } = options;
  if (cacheMs !== undefined) throw new Lacks('has no cache');
  const sampling = { threshold: failureRatio, duration: windowMs, minimumRps: minimumCalls / (windowMs / 1_000) };
  const native = { halfOpenAfter: openMs, breaker: new SamplingBreaker(sampling) };
  given?.(native);
  const circuit = circuitBreaker(ignore === undefined ? handleAll : handleWhen((error) => !ignore(error)), native);
  if (listener !== undefined) circuit.onFailure(listener);
  const states = {
    [CircuitState.Closed]: 'closed',
    [CircuitState.Open]: 'open',
    [CircuitState.HalfOpen]: 'half-open',
    [CircuitState.Isolated]: 'open',
  } as const;
  return {
    ...runner(concurrency === undefined ? circuit : wrap(circuit, bulkhead(concurrency))),
    state: () => states[circuit.state],
    parts: () => [circuit, native.breaker],
  };
}

function retried({ attempts = 3, waitMs = 100, factor, capMs = 2 ** 40, deadlineMs, ...options }: RetryOptions): Runner {
  if (options.budget !== undefined) throw new Lacks('has no retry budget');
  if (options.retryAfter) throw new Lacks('knows no Retry-After');
  const backoff =
    factor === undefined
      ? new ConstantBackoff(waitMs)
      : new ExponentialBackoff({ initialDelay: waitMs, exponent: factor, maxDelay: capMs, generator: noJitterGenerator });
  const { failed } = options;
  const again = retry(failed === undefined ? handleAll : handleAll.orWhenResult(failed), { maxAttempts: attempts - 1, backoff });
  return runner(deadlineMs === undefined ? again : wrap(timeout(deadlineMs, TimeoutStrategy.Aggressive), again));
}
