import type { Instant } from '../src/elector/instant.ts';
import type { TermEnd } from '../src/elector/inputs.ts';
import type { Lease } from '../src/lease.ts';
import type { Timing } from './scenario.ts';

/** What really happened to a term: what the store did, not what an elector believes. */
export interface TermEntry {
  readonly termId: string;
  readonly node: number;
  /** Of the process that won it. */
  readonly life: number;
  readonly timing: Timing;
  /** Its place among all terms, in the order in which the store granted them. */
  readonly place: number;
  readonly wonAt: bigint;
  /** When the last write that the store carried out for it was sent, on its machine's clocks. */
  sentAt: Instant;
  /** The same of the one before: the elector may not know of the last yet. */
  sentBefore: Instant;
  /** True time of that write at the store. */
  writtenAtMs: number;
  /** Somebody deleted the lease or cleared its holder under it. */
  robbed: boolean;
  token: bigint | undefined;
  begunAtMs: number;
  /** Reason, once its signal is aborted. */
  aborted: TermEnd | undefined;
  settled: boolean;
  started: boolean;
  ended: boolean;
  /** Its elector was told that somebody else holds the lease, or nobody. */
  lost: boolean;
}

/** All terms, as the store granted them. */
export class Book {
  readonly terms: TermEntry[] = [];
  readonly #byId = new Map<string, TermEntry>();

  add(lease: Lease, node: number, life: number, timing: Timing, sentAt: Instant, nowMs: number): TermEntry {
    const entry: TermEntry = {
      termId: lease.termId,
      node,
      life,
      timing,
      place: this.terms.length,
      wonAt: lease.revision,
      sentAt,
      sentBefore: sentAt,
      writtenAtMs: nowMs,
      robbed: false,
      token: undefined,
      begunAtMs: Number.NaN,
      aborted: undefined,
      settled: false,
      started: false,
      ended: false,
      lost: false,
    };
    this.terms.push(entry);
    this.#byId.set(entry.termId, entry);
    return entry;
  }

  get(termId: string): TermEntry | undefined {
    return this.#byId.get(termId);
  }

  get last(): TermEntry | undefined {
    return this.terms.at(-1);
  }
}
