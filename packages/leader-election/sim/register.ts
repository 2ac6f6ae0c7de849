import type { Lease, LeaseRecord } from '../src/lease.ts';
import type { LeaseChange } from '../src/store.ts';

/** What others keep in the object of the lease: which object it is, and how often they wrote something into it. */
export interface Foreign {
  readonly uid?: number;
  readonly notes?: number;
}

/** How many past states are kept: for stale reads, and for what a stream tells when it begins. */
const KEPT = 64;

/**
 * The register a store is: one lease, written by compare-and-set over its revision and the uid of its object. Like the API server of
 * Kubernetes it creates what it is asked to update, if a uid does not say which object was meant.
 */
export class Register {
  lease: Lease | undefined = undefined;
  changedAtMs = Number.NEGATIVE_INFINITY;
  reserved = false;
  /** What changed lately, with the lease as it then was. */
  readonly history: { readonly revision: bigint; readonly lease: Lease | undefined }[] = [];
  #revision = 0;
  #uid = 0;

  write(seen: Lease | undefined, next: LeaseRecord, nowMs: number): Lease | undefined {
    const foreign = seen?.foreign as Foreign | undefined;
    if (this.lease === undefined) {
      if (foreign?.uid !== undefined) return undefined;
      return this.#put(next, { uid: ++this.#uid, notes: foreign?.notes ?? 0 }, nowMs);
    }
    if (seen?.revision !== this.lease.revision) return undefined;
    return this.#put(next, { uid: this.#uid, notes: foreign?.notes ?? 0 }, nowMs);
  }

  /** What somebody changes by hand. */
  edit(changes: Partial<LeaseRecord>, nowMs: number): boolean {
    if (this.lease === undefined) return false;
    const { notes = 0 } = this.lease.foreign as Foreign;
    this.#put({ ...this.lease, ...changes }, { uid: this.#uid, notes: notes + 1 }, nowMs);
    return true;
  }

  remove(nowMs: number): boolean {
    if (this.lease === undefined) return false;
    this.#set(undefined, BigInt(++this.#revision), nowMs);
    return true;
  }

  /** A lease as it was, up to so many changes ago. */
  before(changes: number): Lease | undefined {
    return this.history[Math.max(0, this.history.length - 1 - changes)]?.lease;
  }

  /** What a stream that begins after this revision has to tell. */
  since(revision: bigint): LeaseChange[] {
    return this.history.filter((change) => change.revision > revision).map(changeOf);
  }

  #put(record: LeaseRecord, foreign: Foreign, nowMs: number): Lease {
    const revision = BigInt(++this.#revision);
    const { holder, termId, renewal, durationMs, transitions, acquiredAtMs, renewedAtMs, rank, handOffTo } = record;
    const written = { holder, termId, renewal, durationMs, transitions, acquiredAtMs, renewedAtMs, rank, handOffTo };
    const reserved = this.reserved ? { reservedBecause: 'somebody else assigns it' } : undefined;
    const lease: Lease = { ...written, revision, foreign, ...reserved };
    this.#set(lease, revision, nowMs);
    return lease;
  }

  #set(lease: Lease | undefined, revision: bigint, nowMs: number): void {
    this.lease = lease;
    this.changedAtMs = nowMs;
    this.history.push({ revision, lease });
    if (this.history.length > KEPT) this.history.shift();
  }
}

export function changeOf({ revision, lease }: { revision: bigint; lease: Lease | undefined }): LeaseChange {
  return lease === undefined ? { type: 'deleted', revision } : { type: 'written', lease };
}

/** Which elector a term id belongs to. */
export const electorOf = (termId: string): string => termId.slice(0, Math.max(0, termId.lastIndexOf('.')));
