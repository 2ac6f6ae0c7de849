import type { Capabilities } from '../../scenario.ts';
import { breaker } from './breaker.ts';
import { bulkhead, rateLimit } from './queues.ts';
import { retry } from './retry.ts';
import { hedge, singleFlight, staleCache } from './sharing.ts';
import { timeout } from './timeout.ts';

/** What one writes in an afternoon, before knowing the traps: each policy falls into those that nobody else here falls into. */
export function capabilities(): Partial<Capabilities> {
  return {
    breaker,
    defaultBreaker: () => breaker({ minimumCalls: 0 }),
    retry,
    defaultRetry: () => retry({ attempts: Number.POSITIVE_INFINITY, waitMs: 0 }),
    timeout,
    bulkhead,
    rateLimit,
    singleFlight,
    staleCache,
    hedge,
    plain: () => ({
      takesSignal: false,
      call: (operation) => (operation() as Promise<unknown>).then((value) => value),
    }),
  };
}
