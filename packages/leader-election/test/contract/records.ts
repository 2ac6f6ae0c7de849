import { recordOf } from '../../src/elector/record.ts';
import type { Lease, LeaseRecord } from '../../src/lease.ts';
import type { LeaseStore } from '../../src/store.ts';

/** A signal nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

/** The first write of a term of this elector. */
export function heldBy(electorId: string, over: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    holder: electorId,
    termId: `${electorId}.1`,
    renewal: 0,
    durationMs: 60_000,
    transitions: 0,
    acquiredAtMs: 1_800_000_000_123,
    renewedAtMs: 1_800_000_000_123,
    rank: 0,
    handOffTo: '',
    ...over,
  };
}

export function renewed(lease: LeaseRecord): LeaseRecord {
  return { ...recordOf(lease), renewal: lease.renewal + 1, renewedAtMs: lease.renewedAtMs + 2_001 };
}

export function released(lease: LeaseRecord, handOffTo = ''): LeaseRecord {
  return { ...recordOf(lease), holder: '', termId: '', renewal: 0, handOffTo };
}

/** Writes where nothing may stand in the way. */
export async function put(store: LeaseStore, name: string, seen: Lease | undefined, next: LeaseRecord): Promise<Lease> {
  const lease = await store.write(name, seen, next, never);
  if (lease === undefined)
    throw new Error(`${store.kind}: the write by ${next.termId || 'a release'} was refused, and nothing had changed`);
  return lease;
}

/** Reads what must be there. */
export async function get(store: LeaseStore, name: string): Promise<Lease> {
  const lease = await store.read(name, never);
  if (lease === undefined) throw new Error(`${store.kind}: there is no lease ${name}`);
  return lease;
}
