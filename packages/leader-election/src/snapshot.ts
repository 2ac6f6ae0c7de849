import type { Candidate } from './candidate.ts';
import type { ElectionSettings } from './election-options.ts';
import type { Role } from './elector/state.ts';
import type { Leader } from './leader.ts';

/** The state of an election as one candidate sees it: plain JSON. */
export interface ElectionSnapshot {
  readonly election: string;
  readonly kind: 'leaderElection';
  readonly store: string;
  readonly identity: string;
  /**
   * `idle`: not running; `following`: a candidate or an observer; `leading`; `draining`: the signal is aborted and the work has not
   * settled; `releasing`: the lease is being given back.
   */
  readonly role: Role['kind'];
  /** Fencing token of the present term, in decimal; `null` without one. */
  readonly token: string | null;
  /** For how long the present term can be relied on without another renewal, in milliseconds. */
  readonly remainingMs: number;
  readonly leader: Leader | null;
  /** Whether changes are told by the store, or the lease is polled. */
  readonly watching: boolean;
  /** How many leases this candidate has tried to take since it was made. */
  readonly claims: number;
}

export function snapshotOf(candidate: Candidate, { name, store, identity }: ElectionSettings): ElectionSnapshot {
  const { role, watching, terms } = candidate.elector.state;
  const tenure = 'tenure' in role ? role.tenure : undefined;
  return {
    election: name,
    kind: 'leaderElection',
    store: store.kind,
    identity,
    role: role.kind,
    token: tenure === undefined ? null : String(tenure.token),
    remainingMs: tenure === undefined ? 0 : candidate.remainingMs(tenure.termId),
    leader: candidate.leader() ?? null,
    watching,
    claims: terms,
  };
}
