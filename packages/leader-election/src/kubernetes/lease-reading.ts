import type { Lease, LeaseRecord } from '../lease.ts';
import { annotatedOf } from './annotations.ts';
import { checkedLease, revisionOf } from './lease-object.ts';
import type { LeaseObject, LeaseSpec } from './lease-object.ts';
import { millisecondsOf } from './micro-time.ts';

/** For a lease that is held and does not say for how long: some programs leave it out. What client-go's users set, and our default. */
const UNSAID_DURATION_MS = 15_000;

/**
 * A Lease of the API as electors know it.
 * @param afterWrite whether it answers a write.
 * @throws {LeaseStoreError} `invalid`, if it cannot be read.
 */
export function leaseOf(found: unknown, afterWrite: boolean): Lease {
  const object = checkedLease(found, afterWrite);
  const lease = { ...recordOf(object), revision: revisionOf(object, afterWrite), foreign: object };
  const strategy = object.spec?.strategy ?? '';
  if (strategy === '') return lease;
  return { ...lease, reservedBecause: `the cluster assigns it (coordinated leader election, spec.strategy ${strategy})` };
}

function recordOf(object: LeaseObject): LeaseRecord {
  const spec = object.spec ?? {};
  const plain = plainRecordOf(spec);
  const annotated = annotatedOf(object);
  if (annotated === undefined) return plain;
  // Seconds that somebody changed by hand are what counts: it is they that other programs go by.
  const exact = secondsOf(annotated.durationMs) === spec.leaseDurationSeconds;
  return { ...plain, ...annotated, durationMs: exact ? annotated.durationMs : plain.durationMs };
}

/** Whole seconds for others to go by, never fewer than the milliseconds; the API refuses 0. */
export function secondsOf(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / 1000));
}

/** What the fields say that all programs share. */
function plainRecordOf(spec: LeaseSpec): LeaseRecord {
  const { leaseDurationSeconds } = spec;
  return {
    holder: spec.holderIdentity ?? '',
    termId: foreignTermId(spec),
    renewal: 0,
    durationMs: leaseDurationSeconds == null ? UNSAID_DURATION_MS : leaseDurationSeconds * 1000,
    transitions: spec.leaseTransitions ?? 0,
    acquiredAtMs: millisecondsOf(spec.acquireTime),
    renewedAtMs: millisecondsOf(spec.renewTime),
    rank: 0,
    handOffTo: '',
  };
}

/** One that no elector of ours has, and that stays as it is while the same holder renews: that changes neither of the two. */
function foreignTermId({ holderIdentity, acquireTime, leaseTransitions }: LeaseSpec): string {
  return (holderIdentity ?? '') === '' ? '' : `foreign:${holderIdentity}/${acquireTime ?? ''}/${leaseTransitions ?? 0}`;
}
