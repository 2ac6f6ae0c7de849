import type { Lease } from '../lease.ts';
import type { Instant } from './instant.ts';
import type { RequestKind, TermEnd } from './inputs.ts';

/** The one request that is under way. */
export interface Pending {
  readonly request: number;
  readonly kind: RequestKind;
  readonly sentAt: Instant;
}

/** What a candidate has seen of the lease, and when it may take it. */
export interface Observation {
  readonly lease: Lease | undefined;
  /** Of the lease, or of the last that was there: what a watch says of earlier ones is old. */
  readonly revision: bigint;
  /** When the lease is free if it stays as it is, in monotonic ms; `Infinity` for never. */
  readonly freeAtMs: number;
  /** Whether candidates of better rank go first then. */
  readonly ranked: boolean;
}

/** An attempt to take the lease that is under way, or whose outcome is not known. */
export interface Claim {
  readonly termId: string;
  readonly sentAt: Instant;
}

/** A renewal whose answer has not come: the lease may show later that it succeeded. */
export interface Unanswered {
  readonly renewal: number;
  readonly sentAt: Instant;
}

/** A term, from the write that won it. */
export interface Tenure {
  readonly termId: string;
  readonly token: bigint;
  readonly startedAtMs: number;
  /** As last written, or read since. */
  readonly lease: Lease;
  /** When the last write known to have succeeded was sent. */
  readonly confirmed: Instant;
  readonly renewal: number;
  readonly unanswered: readonly Unanswered[];
  /** When the next request is due, in monotonic ms. */
  readonly nextAtMs: number;
  /** Whether it is not known what the lease looks like: the next request reads. */
  readonly doubtful: boolean;
}

export type Role =
  /** Not started, or finished. */
  | { readonly kind: 'idle' }
  /** Observes the lease, and takes it when it may. */
  | { readonly kind: 'following' }
  /** The work runs. */
  | { readonly kind: 'leading'; readonly tenure: Tenure }
  /** The signal is aborted, and the work has not settled yet. While `held` the lease is renewed, so that it can be released. */
  | (Draining & { readonly held: true })
  /** The same, when the lease is lost: it is only watched what becomes of it. */
  | (Draining & { readonly held: false })
  /** The work has settled, and the lease is given back. Without a reason the term never began: it was won while stopping. */
  | { readonly kind: 'releasing'; readonly tenure: Tenure; readonly reason: TermEnd | undefined; readonly untilMs: number };

interface Draining {
  readonly kind: 'draining';
  readonly tenure: Tenure;
  readonly reason: TermEnd;
  readonly untilMs: number;
}

/** A role in which the lease is ours, and is to stay so. */
export type Holding = Extract<Role, { kind: 'leading' } | { kind: 'draining'; held: true }>;

export function isHolding(role: Role): role is Holding {
  return role.kind === 'leading' || (role.kind === 'draining' && role.held);
}

/** A role in which the lease is for others to lead by, as far as we know. Who works on or is stopping takes it no more. */
export type Following = Extract<Role, { kind: 'following' } | { kind: 'draining'; held: false }>;

export function isFollowing(role: Role): role is Following {
  return role.kind === 'following' || (role.kind === 'draining' && !role.held);
}

/** All that an elector knows. The values inside are never changed, only replaced: a shallow copy is a snapshot. */
export interface ElectorState {
  role: Role;
  stopping: boolean;
  /** Candidate to hand the lease to when it is released; `''` for anyone. */
  successor: string;
  pending: Pending | undefined;
  requests: number;
  terms: number;
  claim: Claim | undefined;
  observation: Observation | undefined;
  /** What a claim was refused over: a read that shows it once more is an old one. */
  refused: Lease | 'none' | undefined;
  watching: boolean;
  /** When the watch last said anything, in monotonic ms. */
  heardAtMs: number;
  /** When a follower last had an answer to a read, in monotonic ms. */
  readAtMs: number;
  /** Requests of a lower number were sent before the watch began, or said that something may have changed: they do not answer that. */
  hintedBefore: number;
  /** Requests of a lower number were sent before the watch showed the lease as it is known now: their answers may be older. */
  shownBefore: number;
  /** When a follower reads next, whatever it has seen, in monotonic ms. */
  pollAtMs: number;
  /** A follower sends nothing before, in monotonic ms: a request has failed. */
  holdOffUntilMs: number;
  /** A candidate takes nothing before, in monotonic ms: its last term has only just ended. */
  restUntilMs: number;
  /** Terms in a row whose work failed or returned soon. */
  shortTerms: number;
  /** The term whose holder was asked to hand over. */
  askedTermId: string;
  /** A jump of the clocks was told, and has not been settled by a renewal. */
  jumped: boolean;
}

export function newState(): ElectorState {
  return {
    role: { kind: 'idle' },
    stopping: false,
    successor: '',
    pending: undefined,
    requests: 0,
    terms: 0,
    claim: undefined,
    observation: undefined,
    refused: undefined,
    watching: false,
    heardAtMs: 0,
    readAtMs: 0,
    hintedBefore: 0,
    shownBefore: 0,
    pollAtMs: 0,
    holdOffUntilMs: 0,
    restUntilMs: 0,
    shortTerms: 0,
    askedTermId: '',
    jumped: false,
  };
}
