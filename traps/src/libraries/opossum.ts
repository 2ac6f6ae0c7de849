import CircuitBreaker from 'opossum';
import { Lacks } from '../scenario.ts';
import type { Breaker, BreakerOptions, Capabilities, Operation } from '../scenario.ts';

/** @see https://nodeshift.dev/opossum/ and its README: one breaker around an action, all policies as its options */
export function capabilities(): Partial<Capabilities> {
  return {
    breaker: (options = {}) => breaker(options),
    defaultBreaker: () => wrapped({}),
    timeout({ ms, fallback }) {
      // As its README has it: the controller is renewed by the breaker, the signal is asked for before each call.
      const circuit = circuitOf({ timeout: ms, autoRenewAbortController: true });
      if (fallback !== undefined) circuit.fallback(fallback as () => Promise<unknown>);
      return {
        takesSignal: false,
        call: (operation) => circuit.fire(() => operation((circuit as unknown as Renewing).getSignal())),
      };
    },
    bulkhead({ concurrency, queue, timeoutMs }) {
      if (queue > 0) throw new Lacks('has no queue');
      const circuit = circuitOf({ capacity: concurrency, timeout: timeoutMs ?? false, volumeThreshold: 1_000_000 });
      const call = (operation: Operation): Promise<unknown> => circuit.fire(operation);
      return { takesSignal: false, call, callWithin: call };
    },
    singleFlight: () => wrapped({ coalesce: true, volumeThreshold: 1_000_000 }),
    plain: () => wrapped({}),
  };
}

type Action = [operation: Operation];

/** What its types do not know yet. */
type Options = CircuitBreaker.Options<Action> & { readonly coalesce?: boolean; readonly coalesceTTL?: number };
interface Renewing {
  getSignal(): AbortSignal | undefined;
}

function circuitOf(options: Options): CircuitBreaker<Action> {
  return new CircuitBreaker((operation: Operation) => operation() as Promise<unknown>, options);
}

function wrapped(options: Options): Breaker {
  const circuit = circuitOf(options);
  return {
    takesSignal: false,
    call: (operation) => circuit.fire(operation),
    state: () => (circuit.closed ? 'closed' : circuit.opened ? 'open' : 'half-open'),
    dispose: () => circuit.shutdown(),
    parts: () => [circuit, circuit.status],
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
  const keys = new WeakMap<Operation, string>();
  const native: Options = {
    timeout: false,
    errorThresholdPercentage: failureRatio * 100,
    volumeThreshold: minimumCalls,
    rollingCountTimeout: windowMs,
    resetTimeout: openMs,
    ...(ignore && { errorFilter: ignore }),
    ...(concurrency !== undefined && { capacity: concurrency }),
    ...(cacheMs !== undefined && {
      cache: true,
      cacheTTL: cacheMs,
      cacheGetKey: (operation: Operation) => keys.get(operation) ?? '',
    }),
  };
  given?.(native);
  const service = wrapped(native);
  const [circuit] = service.parts() as [CircuitBreaker<Action>];
  if (listener !== undefined) circuit.on('failure', listener);
  return {
    ...service,
    callFor(key, operation) {
      const keyed: Operation = () => operation();
      keys.set(keyed, key);
      return service.call(keyed);
    },
  };
}
