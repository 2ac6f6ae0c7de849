import type { LeaseRecord } from '../lease.ts';

/** Only what an elector writes: a lease that was read has more. */
export function recordOf(from: LeaseRecord): LeaseRecord {
  const { holder, termId, renewal, durationMs, transitions, acquiredAtMs, renewedAtMs, rank, handOffTo } = from;
  return { holder, termId, renewal, durationMs, transitions, acquiredAtMs, renewedAtMs, rank, handOffTo };
}
