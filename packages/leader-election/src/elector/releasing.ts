import type { Lease } from '../lease.ts';
import type { Failure } from './inputs.ts';
import { recordOf } from './record.ts';
import { renewalGapMs } from './settings.ts';
import type { Pending, Role, Tenure } from './state.ts';
import { endTerm } from './term-end.ts';
import { note, sendRead, sendWrite, tell } from './turn.ts';
import type { Turn } from './turn.ts';

type Releasing = Extract<Role, { kind: 'releasing' }>;

/** Gives the lease back: over our own last write and nothing else, so that it can never take one from whoever came after us. */
export function giveBack(turn: Turn, { tenure }: Releasing): void {
  const { state, at } = turn;
  if (state.pending !== undefined || at.monoMs < tenure.nextAtMs) return;
  if (tenure.doubtful) return sendRead(turn);
  const { lease } = tenure;
  const free = { holder: '', termId: '', renewal: 0, rank: 0, renewedAtMs: at.wallMs, handOffTo: state.successor };
  sendWrite(turn, 'release', lease, { ...recordOf(lease), ...free });
}

export function released(turn: Turn, role: Releasing, lease: Lease): void {
  tell(turn, { type: 'lease.released', token: role.tenure.token, to: lease.handOffTo });
  note(turn, lease);
  endTerm(turn, role.tenure, role.reason);
}

/** A renewal that was under way when the work settled. Its revision is the one to release over. */
export function renewedLate(turn: Turn, role: Releasing, lease: Lease): void {
  change(turn, role, { lease });
}

export function releaseConflict(turn: Turn, role: Releasing): void {
  change(turn, role, { doubtful: true, nextAtMs: turn.at.monoMs });
}

export function releaseFailed(turn: Turn, role: Releasing, pending: Pending, { mayBeWritten, retryAfterMs }: Failure): void {
  const { settings, at } = turn;
  const nextAtMs = Math.max(at.monoMs + (retryAfterMs ?? 0), pending.sentAt.monoMs + renewalGapMs(settings));
  change(turn, role, { doubtful: role.tenure.doubtful || mayBeWritten, nextAtMs });
}

/** Still ours: write over what is there. Otherwise it is free already, or somebody else's. */
export function releaseRead(turn: Turn, role: Releasing, lease: Lease | undefined): void {
  const { tenure } = role;
  if (lease?.termId === tenure.termId) return change(turn, role, { lease, doubtful: false, nextAtMs: turn.at.monoMs });
  if (lease?.holder === '') return released(turn, role, lease);
  note(turn, lease);
  endTerm(turn, tenure, role.reason);
}

function change({ state }: Turn, role: Releasing, changes: Partial<Tenure>): void {
  state.role = { ...role, tenure: { ...role.tenure, ...changes } };
}
