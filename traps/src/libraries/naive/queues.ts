import type { Bulkhead, BulkheadOptions, Operation, RateLimit } from '../../scenario.ts';

interface Waiter {
  readonly operation: Operation;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A counter and an array. */
export function bulkhead({ concurrency, queue, expiryMs, timeoutMs }: BulkheadOptions): Bulkhead {
  const waiting: Waiter[] = [];
  let active = 0;

  const leave = (): void => {
    active--;
    const next = waiting.shift();
    // Not in this very moment: the one who leaves is still in the middle of it.
    if (next !== undefined) void Promise.resolve().then(() => enter(next.operation, next.signal).then(next.resolve, next.reject));
  };
  const expiry = (ms: number): Promise<never> =>
    new Promise((_resolve, reject) => void setTimeout(reject, ms, new Error('expired')));

  const bounded = (operation: Operation, ms: number | undefined): Operation => {
    if (ms === undefined) return operation;
    return (signal) => Promise.race([operation(signal) as Promise<unknown>, expiry(ms)]);
  };

  const enter = async (operation: Operation, signal: AbortSignal | undefined): Promise<unknown> => {
    if (active < concurrency) {
      active++;
      return (operation(signal) as Promise<unknown>).finally(leave);
    }
    if (waiting.length >= queue) throw new Error('full');
    return new Promise((resolve, reject) => waiting.push({ operation, signal, resolve, reject }));
  };
  return {
    takesSignal: true,
    call: (operation, signal) => enter(bounded(operation, timeoutMs), signal),
    callWithin: (operation, signal) => enter(bounded(operation, expiryMs), signal),
  };
}

/** Tokens that an interval refills. */
export function rateLimit({ limit, periodMs }: { limit: number; periodMs: number }): RateLimit {
  let tokens = limit;
  let refill: NodeJS.Timeout | undefined = setInterval(() => (tokens = limit), periodMs);
  return {
    takesSignal: false,
    async call(operation) {
      if (tokens <= 0) throw new Error('limited');
      tokens--;
      return operation();
    },
    update(options) {
      tokens = options.limit;
      clearInterval(refill);
      refill = undefined;
    },
  };
}
