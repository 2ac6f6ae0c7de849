/** The counts of one slice of opossum's rolling window, as far as they are used. */
export interface OpossumBucket {
  fires: number;
  readonly failures: number;
  readonly successes: number;
  readonly timeouts: number;
  readonly rejects: number;
  readonly semaphoreRejections: number;
}

/** What is used of an opossum `CircuitBreaker`: instances of opossum 9 and 10 fit as they are. */
export interface OpossumCircuit {
  readonly name: string;
  readonly closed: boolean;
  readonly opened: boolean;
  readonly halfOpen: boolean;
  /** Half-open, and nobody has taken the trial call yet. */
  readonly pendingClose: boolean;
  readonly enabled: boolean;
  readonly isShutdown: boolean;
  readonly status: { readonly window: OpossumBucket[] };
  prependListener(event: string, listener: () => void): unknown;
}

/** What its types do not show, the same since opossum 5. */
export interface OpossumInside extends OpossumCircuit {
  readonly options: {
    readonly name?: unknown;
    readonly timeout: number | false;
    readonly resetTimeout: number;
    readonly capacity: number;
    readonly cache?: unknown;
    readonly coalesce?: unknown;
    readonly errorFilter: (error: unknown) => unknown;
  };
  call(context: unknown): PromiseLike<unknown>;
  emit(event: string, ...args: readonly unknown[]): boolean;
  [key: symbol]: unknown;
}

/** Where a breaker keeps its fallback function, and whether the trial call is still to be had: under symbols of its own. */
export interface OpossumKeys {
  readonly fallback: symbol;
  readonly pendingClose: symbol;
}

/** Whether this is a breaker as it is known here, and how to reach what it hides; `undefined` if it is not. */
export function keysOf(breaker: unknown): OpossumKeys | undefined {
  if (typeof breaker !== 'object' || breaker === null) return undefined;
  const { call, emit, prependListener, options, status } = breaker as Record<string, unknown>;
  if (![call, emit, prependListener].every((method) => typeof method === 'function')) return undefined;
  if (![options, status].every((part) => typeof part === 'object' && part !== null)) return undefined;
  const symbols = Object.getOwnPropertySymbols(breaker);
  const named = (description: string): symbol | undefined => symbols.find((symbol) => symbol.description === description);
  const [fallback, pendingClose] = [named('fallback'), named('pending-close')];
  return fallback === undefined || pendingClose === undefined ? undefined : { fallback, pendingClose };
}
