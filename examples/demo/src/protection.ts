import { chargeRequest, type OrderCalls, reservation, type Urls } from './services/calls.ts';
export function protectCalls(urls: Urls): OrderCalls {
  let fails = 0, openUntil = 0, inflight = 0;
  return {
    async reserve(o) { const r = await fetch(...reservation(urls, o)); await r.json(); },
    async charge(o) {
      const now = performance.now();
      if (now < openUntil || inflight > 30) return 'pending';
      if (fails >= 10) openUntil = now + 1000; // one probe
      inflight++;
      try {
        const [u, i] = chargeRequest(urls, o);
        const r = await fetch(u, { ...i, signal: AbortSignal.timeout(400) });
        await r.json();
        if (!r.ok) throw 0;
        fails = 0; openUntil = 0;
        return 'paid';
      } catch { if (++fails >= 10) openUntil = performance.now() + 1000; return 'pending'; } finally { inflight--; }
    },
    snapshot: () => ({ fails, openUntil, inflight }),
  };
}
