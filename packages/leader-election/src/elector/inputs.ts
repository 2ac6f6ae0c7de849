import type { Lease, LeaseRecord } from '../lease.ts';
import type { StoreFault } from '../store.ts';
import type { Instant } from './instant.ts';

/** What a request came to. */
export type Answer =
  /** A read: the lease, if there is one. */
  | { readonly type: 'read'; readonly lease: Lease | undefined }
  /** A write took place, and this is the lease now. */
  | { readonly type: 'written'; readonly lease: Lease }
  /** A write did not take place, because the lease was not as seen. */
  | { readonly type: 'conflict' }
  | ({ readonly type: 'failed' } & Failure);

export interface Failure {
  readonly fault: StoreFault;
  readonly mayBeWritten: boolean;
  readonly retryAfterMs: number | undefined;
  readonly error: unknown;
}

/** What happens to an elector. */
export type Input =
  /** Observe the lease, and take it when it may be taken if this is a candidate. An observer may become one. */
  | { readonly type: 'start'; readonly candidate: boolean }
  /** Abort the work, let it finish, release, for the named candidate if there is one, and be done. */
  | { readonly type: 'stop'; readonly to?: string }
  /** Give the term up, for the named candidate if there is one, and go on as a candidate. */
  | { readonly type: 'resign'; readonly to: string }
  /** Time has passed: sent at the time asked for, and harmless at any other. */
  | { readonly type: 'wake' }
  | { readonly type: 'answered'; readonly request: number; readonly answer: Answer }
  /** The watch has begun, or has ended. */
  | { readonly type: 'watching'; readonly up: boolean }
  /** What the watch says: a lease, a deletion, a change it does not know, or that it is alive. */
  | { readonly type: 'seen'; readonly lease: Lease }
  | { readonly type: 'deleted'; readonly revision: bigint }
  | { readonly type: 'hinted' }
  | { readonly type: 'heard' }
  /** The work of the present term has settled. */
  | { readonly type: 'worked'; readonly failed: boolean };

/** What an elector wants done, in this order. */
export type Effect =
  | { readonly type: 'read'; readonly request: number }
  | { readonly type: 'write'; readonly request: number; readonly seen: Lease | undefined; readonly next: LeaseRecord }
  /** Nobody waits for this request any more. */
  | { readonly type: 'cancel'; readonly request: number }
  /** Begin the work of a term. */
  | { readonly type: 'begin'; readonly termId: string; readonly token: bigint }
  /** Abort the signal of the term, now. */
  | { readonly type: 'abort'; readonly termId: string; readonly reason: TermEnd }
  /** The stream is dead though nothing says so: begin another. */
  | { readonly type: 'rewatch' }
  | { readonly type: 'tell'; readonly fact: Fact }
  /** Stopped, for good. If the work of a term is left behind: when the last write for it that is known to have succeeded was sent. */
  | { readonly type: 'finished'; readonly leftBehind: Instant | undefined };

/** Why a term ended, or is ending. */
export type TermEnd =
  /** No renewal succeeded in time. */
  | 'lapsed'
  /** Somebody else holds the lease, or it was taken from us. */
  | 'taken'
  | 'deleted'
  /** The clocks disagree, and the renewal that should have settled it failed. */
  | 'clock_jumped'
  /** The store refuses the lease as it is. */
  | 'refused'
  /** On request of a preferred candidate, or of whoever assigns the lease. */
  | 'handed_over'
  | 'resigned'
  | 'stopped'
  /** The work came to its end by itself. */
  | 'returned'
  | 'failed';

export type RequestKind = 'read' | 'acquire' | 'renew' | 'release' | 'ask';

/** What observers are told. */
export type Fact =
  | { readonly type: 'term.started'; readonly token: bigint }
  | { readonly type: 'term.ending'; readonly token: bigint; readonly reason: TermEnd }
  | {
      readonly type: 'term.ended';
      readonly token: bigint;
      readonly reason: TermEnd;
      readonly heldMs: number;
      /** Whether its work has settled; if not, it was left behind when the candidate stopped. */
      readonly drained: boolean;
    }
  | { readonly type: 'lease.renewed'; readonly token: bigint; readonly tookMs: number }
  | { readonly type: 'lease.released'; readonly token: bigint; readonly to: string }
  | ({ readonly type: 'lease.request_failed'; readonly kind: RequestKind } & Failure)
  | { readonly type: 'clock.jumped'; readonly byMs: number }
  | { readonly type: 'leader.changed'; readonly lease: Lease | undefined };
