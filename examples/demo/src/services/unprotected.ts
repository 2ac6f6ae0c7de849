import { chargeRequest, type OrderCalls, reservation, type Urls } from './calls.ts';

/** As written in many a service: generous enough for the slowest honest answer. */
const timeoutMs = 5_000;
const attempts = 3;

/** The calls without holdfast: a time-out, three attempts, an idempotency key. What a careful team writes by hand. */
export function unprotectedCalls(urls: Urls): OrderCalls {
  return {
    async reserve(order) {
      await fetchWithRetry(...reservation(urls, order));
    },
    async charge(order) {
      await fetchWithRetry(...chargeRequest(urls, order));
      return 'paid';
    },
    snapshot: () => ({}),
  };
}

/** Tries again at once after a network error, a time-out or an error status; rejects with the last of them. */
async function fetchWithRetry(url: string, init: RequestInit): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
      const body: unknown = await response.json();
      if (response.ok) return body;
      throw new Error(`${url} answered ${response.status}`);
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
  }
}
