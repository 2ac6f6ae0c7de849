/** How long a kept answer may be used, in milliseconds. */
export interface Windows {
  readonly ttlMs: number;
  /** Takes up to this share off the `ttlMs` of an entry. */
  readonly jitterRatio: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** What an answer of some age may still be used for: anything, until a newer one is there, only in place of a failure, or nothing. */
export type Freshness = 'fresh' | 'revalidate' | 'if_error' | 'expired';

/**
 * Both windows of staleness begin when the answer stops being fresh, and run side by side.
 * @param ageMs below 0 where the clock it was dated by is ahead of ours. So long as that is less than `ttlMs` it counts as new;
 * beyond it the date is not to be believed.
 * @param spread where in the jitter the entry lies, from 0 to 1.
 * @see RFC 5861, HTTP Cache-Control Extensions for Stale Content
 */
export function freshness(ageMs: number, spread: number, windows: Windows): Freshness {
  const { ttlMs, jitterRatio, staleWhileRevalidateMs, staleIfErrorMs } = windows;
  if (!(ageMs > -ttlMs)) return 'expired';
  const staleMs = ageMs - ttlMs * (1 - jitterRatio * spread);
  if (staleMs < 0) return 'fresh';
  if (staleMs < staleWhileRevalidateMs) return 'revalidate';
  return staleMs < staleIfErrorMs ? 'if_error' : 'expired';
}

/** After this age no entry can be of use. */
export function longestUseMs({ ttlMs, staleWhileRevalidateMs, staleIfErrorMs }: Windows): number {
  return ttlMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
}
