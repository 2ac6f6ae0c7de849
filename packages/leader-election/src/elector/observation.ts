import type { Lease } from '../lease.ts';
import { handOverSpreadMs, takeoverSpreadMs } from './settings.ts';
import type { ElectorSettings } from './settings.ts';
import type { Observation } from './state.ts';

/** Whether a term of this elector wrote the lease: the present one, an earlier one, or one it never learnt that it had won. */
export function isOwn(lease: Lease, { electorId }: ElectorSettings): boolean {
  return lease.termId.startsWith(`${electorId}.`);
}

/**
 * What is known after the lease was read, or seen on a watch.
 *
 * A lease is expired when it has not changed for the duration that its holder wrote, by our own monotonic clock since we first saw
 * it so. The times inside are another machine's and say nothing (as in client-go). A store with a clock of its own says how long
 * is left; one that has lost its holder long ago need not be waited for then.
 */
export function observe(
  previous: Observation | undefined,
  lease: Lease | undefined,
  nowMs: number,
  settings: ElectorSettings,
): Observation {
  if (previous !== undefined && previous.lease?.revision === lease?.revision) return again(previous, lease, nowMs);
  const revision = lease?.revision ?? previous?.revision ?? 0n;
  return { lease, revision, ...freedom(previous, lease, nowMs, settings) };
}

/** Seen unchanged. Only a store with a clock of its own says something new: that by it the lease is still held, and will not be given yet. */
function again(previous: Observation, lease: Lease | undefined, nowMs: number): Observation {
  const remainingMs = lease?.holder === '' ? 0 : (lease?.remainingMs ?? 0);
  const freeAtMs = remainingMs > 0 && previous.ranked ? Math.max(previous.freeAtMs, nowMs + remainingMs) : previous.freeAtMs;
  return { ...previous, lease, freeAtMs };
}

type Freedom = Pick<Observation, 'freeAtMs' | 'ranked'>;

function freedom(previous: Observation | undefined, lease: Lease | undefined, nowMs: number, settings: ElectorSettings): Freedom {
  if (lease?.reservedBecause !== undefined) return { freeAtMs: Number.POSITIVE_INFINITY, ranked: false };
  // No work of ours runs on it, and nobody else may have it.
  if (lease !== undefined && isOwn(lease, settings)) return { freeAtMs: nowMs, ranked: false };
  if (lease === undefined || lease.holder === '') return leftFree(previous, lease?.handOffTo ?? '', nowMs, settings);
  return { freeAtMs: nowMs + (lease.remainingMs ?? lease.durationMs) + takeoverSpreadMs(settings), ranked: true };
}

/** A free lease is left for a while to the candidate it is meant for. */
function leftFree(previous: Observation | undefined, handOffTo: string, nowMs: number, settings: ElectorSettings): Freedom {
  if (handOffTo === settings.identity) return { freeAtMs: nowMs, ranked: false };
  const reservedMs = handOffTo === '' ? 0 : settings.retryPeriodMs;
  const spreadMs = previous === undefined ? 0 : handOverSpreadMs(settings); // nobody was seen to leave: no others wait for it
  return { freeAtMs: nowMs + reservedMs + spreadMs, ranked: true };
}

/** When a candidate of this rank may take the lease, in monotonic ms. */
export function takeAtMs({ freeAtMs, ranked }: Observation, { rank, rankDelayMs }: ElectorSettings): number {
  return ranked ? freeAtMs + rank * rankDelayMs : freeAtMs;
}
