import { resilientFetch, snapshotOf } from '@holdfast/fetch';
import { deadline, fallback, pipeline } from 'holdfast';
import { chargeRequest, type OrderCalls, reservation, type Urls } from './services/calls.ts';

/** What is left of the promised second when the rest of the order has taken its share. */
const chargeWithinMs = 700;

/**
 * The calls with holdfast: time-outs, few retries, a circuit breaker and a bulkhead around each dependency, and for a
 * charge that cannot be made in time an honest answer instead: pending.
 */
export function protectCalls(urls: Urls): OrderCalls {
  const inventoryFetch = resilientFetch({ name: 'inventory', timeoutMs: 500, deadlineMs: 900 });
  const paymentsFetch = resilientFetch({
    name: 'payments',
    // Seven times what the slowest charge takes when all is well.
    timeoutMs: 350,
    deadlineMs: chargeWithinMs,
    retry: { attempts: 2 },
    // A short window forgets the good times before the outage soon; a probe every second or two notices the repair soon.
    circuitBreaker: { window: { durationMs: 1_000 }, minimumCalls: 10, openMs: 1_000, backoff: { capMs: 2_000 } },
    // Six times what is in work when all is well, and no more hung calls than that.
    bulkhead: { concurrency: 30, queue: 10, queueTimeoutMs: 100 },
  });
  const charging = pipeline('charge', fallback('pending' as const), deadline({ ms: chargeWithinMs }));
  return {
    async reserve(order) {
      await expectOk(await inventoryFetch(...reservation(urls, order)));
    },
    charge(order) {
      return charging.run(async (call) => {
        const [url, init] = chargeRequest(urls, order);
        await expectOk(await paymentsFetch(url, { ...init, holdfast: { parent: call } }));
        return 'paid' as const;
      });
    },
    snapshot: () => ({ inventory: snapshotOf(inventoryFetch), payments: snapshotOf(paymentsFetch) }),
  };
}

async function expectOk(response: Response): Promise<void> {
  await response.arrayBuffer(); // read to its end, or the connection would not be free for the next call
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
}
