import {
  Bulkhead,
  Cache,
  Circuit,
  Fallback,
  Ratelimit,
  Retry,
  RetryMode,
  SlidingCountBreaker,
  SlidingTimeBreaker,
  Timeout,
} from 'mollitia';
import type { Module, SlidingWindowBreaker } from 'mollitia';
import { Lacks } from '../scenario.ts';
import type { Breaker, BreakerOptions, Capabilities, Operation, RetryOptions, Runner } from '../scenario.ts';

/** @see https://genesys.github.io/mollitia/: a circuit with modules, the first the outermost */
export function capabilities(): Partial<Capabilities> {
  return {
    breaker: (options = {}) => breaker(options),
    defaultBreaker: () => wrapped(new SlidingCountBreaker({})),
    retry: (options = {}) => retried(options),
    defaultRetry: () => runner([new Retry({})]),
    timeout({ ms, fallback }) {
      // Its fallback maps the rejection to another one.
      const limit = new Timeout({ delay: ms });
      return runner(fallback === undefined ? [limit] : [new Fallback({ callback: () => fallback() }), limit]);
    },
    bulkhead({ concurrency, queue, expiryMs, timeoutMs }) {
      const waiting = expiryMs === undefined ? {} : { maxQueueWait: expiryMs };
      const room = new Bulkhead({ concurrentSize: concurrency, queueSize: queue, ...waiting });
      const service = runner(timeoutMs === undefined ? [room] : [room, new Timeout({ delay: timeoutMs })]);
      return { ...service, callWithin: service.call };
    },
    rateLimit({ limit, periodMs }) {
      return {
        ...runner([new Ratelimit({ limitForPeriod: limit, limitPeriod: periodMs })]),
        update() {
          throw new Lacks('documents no way to change a limit');
        },
      };
    },
    plain() {
      throw new Lacks('takes only functions that return a promise');
    },
    staleCache: ({ freshMs }) => runner([new Cache({ ttl: freshMs })]),
  };
}

function circuitOf(modules: Module[]): Circuit {
  return new Circuit({ func: (operation: Operation) => operation() as Promise<unknown>, options: { modules } });
}

function runner(modules: Module[]): Runner {
  const circuit = circuitOf(modules);
  // Its functions return promises.
  return { takesSignal: false, call: (operation) => circuit.execute(async () => operation()) };
}

function wrapped(module: SlidingWindowBreaker, inside: Module[] = []): Breaker {
  const circuit = circuitOf([module, ...inside]);
  const states = { closed: 'closed', opened: 'open', 'half-opened': 'half-open' } as const;
  return {
    takesSignal: false,
    call: (operation) => circuit.execute(async () => operation()),
    state: () => states[module.state],
    dispose: () => circuit.dispose(),
    parts: () => [circuit, module],
  };
}

function breaker({
  failureRatio = 0.5,
  minimumCalls = 2,
  windowMs = 10_000,
  openMs = 1_000,
  ...options
}: BreakerOptions): Breaker {
  const { ignore, concurrency, cacheMs, listener, given, probeWaitMs } = options;
  if (cacheMs !== undefined) throw new Lacks('caches in a module of its own, outside of the breaker');
  const native = {
    failureRateThreshold: failureRatio * 100,
    minimumNumberOfCalls: minimumCalls,
    slidingWindowSize: windowMs,
    openStateDelay: openMs,
    permittedNumberOfCallsInHalfOpenState: 1,
    ...(probeWaitMs !== undefined && { halfOpenStateMaxDelay: probeWaitMs }),
    ...(ignore && { onError: (error: unknown) => !ignore(error) }),
  };
  given?.(native);
  const module = new SlidingTimeBreaker(native);
  if (listener !== undefined) module.on('state-changed', listener);
  return wrapped(module, concurrency === undefined ? [] : [new Bulkhead({ concurrentSize: concurrency, queueSize: 0 })]);
}

function retried({ attempts = 3, waitMs = 100, factor, capMs, deadlineMs, failed, budget, retryAfter }: RetryOptions): Runner {
  if (budget !== undefined) throw new Lacks('has no retry budget');
  if (retryAfter) throw new Lacks('knows no Retry-After');
  if (failed !== undefined) throw new Lacks('retries errors only');
  const again = new Retry({
    attempts: attempts - 1,
    interval: waitMs,
    ...(factor !== undefined && { mode: RetryMode.EXPONENTIAL, factor }),
    ...(capMs !== undefined && { maxInterval: capMs }),
  });
  return runner(deadlineMs === undefined ? [again] : [new Timeout({ delay: deadlineMs }), again]);
}
