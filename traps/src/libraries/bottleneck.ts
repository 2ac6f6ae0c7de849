import Bottleneck from 'bottleneck';
import { Lacks } from '../scenario.ts';
import type { Capabilities, Operation } from '../scenario.ts';

/** @see https://github.com/SGrondin/bottleneck */
export function capabilities(): Partial<Capabilities> {
  return {
    bulkhead({ concurrency, queue, expiryMs, timeoutMs }) {
      const limiter = new Bottleneck({
        maxConcurrent: concurrency,
        highWater: queue,
        strategy: Bottleneck.strategy.OVERFLOW,
      });
      const call = (expiration: number | undefined, operation: Operation): Promise<unknown> =>
        limiter.schedule(expiration === undefined ? {} : { expiration }, task(operation));
      return {
        takesSignal: false,
        call: (operation) => call(timeoutMs, operation),
        callWithin: (operation) => call(expiryMs, operation),
      };
    },
    plain() {
      throw new Lacks('takes only functions that return a promise');
    },
    rateLimit({ limit, periodMs }) {
      const limiter = new Bottleneck({
        reservoir: limit,
        reservoirRefreshAmount: limit,
        reservoirRefreshInterval: periodMs,
      });
      return {
        takesSignal: false,
        call: (operation) => limiter.schedule(task(operation)),
        update: (options) => void limiter.updateSettings({ reservoirRefreshAmount: options.limit }),
      };
    },
  };
}

/** It schedules functions that return a promise. */
const task = (operation: Operation) => async () => operation();
