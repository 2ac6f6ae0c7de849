import type { BackendSpec } from './open-store.ts';

/** Durations of an election, in milliseconds. */
export interface Durations {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** What a member is started with. */
export interface MemberOptions extends Durations {
  readonly election: string;
  readonly identity: string;
  readonly backend: BackendSpec;
  /** Between one write of the leader and the next, in milliseconds. */
  readonly writeEveryMs: number;
}

/** A write, with the span in which the assertion before it passed. Times are of the shared clock. */
export interface Write {
  readonly type: 'write';
  readonly id: number;
  readonly token: bigint;
  /** Read before the assertion: the process may have been stopped in between. */
  readonly fromMs: number;
  /** Read after it had passed. */
  readonly toMs: number;
}

export interface Requests {
  readonly reads: number;
  readonly writes: number;
  /** Streams begun. */
  readonly watches: number;
}

export interface Status {
  readonly role: string;
  /** Identity of the leader as this member knows it. */
  readonly leader: string | undefined;
  readonly watching: boolean;
  /** At its store since it was started. */
  readonly requests: Requests;
}

/** What a member tells. */
export type FromMember =
  /** It runs as a candidate. */
  | { readonly type: 'started' }
  /** The work of a term has begun, and may go on: the first assertion has passed. */
  | { readonly type: 'began'; readonly token: bigint; readonly atMs: number }
  /** The work of a term has come to its end; the lease is released after this. */
  | { readonly type: 'settled'; readonly token: bigint; readonly atMs: number }
  | Write
  | ({ readonly type: 'status'; readonly id: number } & Status)
  /** The request of a store took so long. */
  | { readonly type: 'took'; readonly kind: 'read' | 'write'; readonly ms: number };

/** What a member is told. */
export type ToMember =
  | { readonly type: 'written'; readonly id: number; readonly accepted: boolean }
  | { readonly type: 'status'; readonly id: number }
  /** Block the process for so long after the next assertion has passed, and write then all the same. */
  | { readonly type: 'stall'; readonly ms: number };
