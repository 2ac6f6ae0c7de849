const lanes = 16;
const sliceMs = 250;
const sliceCount = 5;
/** Orders per second that two cores carry with ease. */
export const usualRate = 100;
/** The machine must be able to do this many times the load: after the repair the pending payments come on top of it. */
const headroom = 2.5;

/**
 * Keeps Orders busy for a moment, so that no run pays for cold code and connections.
 * @returns orders per second in the best of its slices: what the machine can do when nothing else happens to run.
 */
export async function warmUp(ordersUrl: string, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const slices = new Array<number>(sliceCount).fill(0);
  async function lane(): Promise<void> {
    for (;;) {
      await order(ordersUrl, signal);
      const slice = Math.floor((performance.now() - startedAt) / sliceMs);
      if (slice >= sliceCount) return;
      slices[slice]!++;
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return (Math.max(...slices) * 1_000) / sliceMs;
}

async function order(ordersUrl: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${ordersUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sku: 1 + Math.floor(Math.random() * 200), quantity: 1, amountCents: 1_999 }),
    signal,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`Orders answered ${response.status} while everything was healthy: ${answer.trim()}`);
}

/** The usual rate where the machine has room for it, less where it has not. */
export function fittingRate(possiblePerSecond: number): number {
  return Math.max(20, Math.min(usualRate, Math.round(possiblePerSecond / headroom / 10) * 10));
}
