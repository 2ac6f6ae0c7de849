import type { Lease } from '../lease.ts';
import type { Failure, TermEnd } from './inputs.ts';
import type { Instant } from './instant.ts';
import { elapsedMs, jumpMs } from './instant.ts';
import { recordOf } from './record.ts';
import { renewalGapMs, retrySpreadMs } from './settings.ts';
import { isHolding } from './state.ts';
import type { Claim, Holding, Pending, Tenure } from './state.ts';
import { cancelPending, note, pollLater, sendRead, sendWrite, tell } from './turn.ts';
import type { Turn } from './turn.ts';
import { validityAt } from './validity.ts';

/** A lease was won. The term's work begins, unless the candidate is stopping: then the lease only has to be given back. */
export function beginTerm(turn: Turn, claim: Claim, lease: Lease): void {
  const { state, settings, at } = turn;
  const tenure: Tenure = {
    termId: claim.termId,
    token: lease.revision,
    startedAtMs: at.monoMs,
    lease,
    confirmed: claim.sentAt,
    renewal: lease.renewal,
    unanswered: [],
    nextAtMs: claim.sentAt.monoMs + renewalGapMs(settings),
    doubtful: false,
  };
  if (state.stopping) {
    release(turn, tenure, undefined);
    return;
  }
  state.role = { kind: 'leading', tenure };
  turn.effects.push({ type: 'begin', termId: tenure.termId, token: tenure.token });
  tell(turn, { type: 'term.started', token: tenure.token });
}

/**
 * The work has settled, so the lease can be given back. Not before: whoever takes it must find nobody at work. There is time for two
 * requests; a lease that cannot be given back in that time expires.
 */
export function release(turn: Turn, tenure: Tenure, reason: TermEnd | undefined): void {
  const { state, settings, at } = turn;
  const lapsesAtMs = reason === undefined ? Number.POSITIVE_INFINITY : tenure.confirmed.monoMs + settings.renewDeadlineMs;
  const untilMs = Math.min(lapsesAtMs, at.monoMs + 2 * settings.requestTimeoutMs);
  state.role = { kind: 'releasing', tenure: { ...tenure, nextAtMs: at.monoMs }, reason, untilMs };
}

/** Renews what is due. A clock that jumped makes it due at once. */
export function renew(turn: Turn, role: Holding): void {
  const { state, settings, at } = turn;
  const { confirmed } = role.tenure;
  if (!state.jumped && validityAt(confirmed, at, settings) === 'uncertain') {
    state.jumped = true;
    tell(turn, { type: 'clock.jumped', byMs: jumpMs(confirmed, at) });
    change(turn, role, { nextAtMs: at.monoMs });
  }
  const { tenure } = state.role as Holding;
  if (state.pending !== undefined || at.monoMs < tenure.nextAtMs) return;
  if (tenure.doubtful) sendRead(turn);
  else sendRenewal(turn, tenure);
}

function sendRenewal(turn: Turn, tenure: Tenure): void {
  const { state, settings, at } = turn;
  const renewal = tenure.renewal + 1;
  const recent = tenure.unanswered.filter(({ sentAt }) => at.monoMs - sentAt.monoMs < settings.renewDeadlineMs);
  change(turn, state.role as Holding, { renewal, unanswered: [...recent, { renewal, sentAt: at }] });
  sendWrite(turn, 'renew', tenure.lease, {
    ...recordOf(tenure.lease),
    holder: settings.identity,
    renewal,
    durationMs: settings.leaseDurationMs,
    renewedAtMs: at.wallMs,
    rank: settings.rank,
    handOffTo: state.role.kind === 'leading' ? '' : tenure.lease.handOffTo,
  });
}

/**
 * A wall clock that was set back counts from there: otherwise a machine that then sleeps for as long would look as if no time had
 * passed.
 */
export function followClockBack(turn: Turn, role: Holding): void {
  const { monoMs, wallMs } = role.tenure.confirmed;
  const byMs = jumpMs(role.tenure.confirmed, turn.at);
  if (byMs < 0) change(turn, role, { confirmed: { monoMs, wallMs: wallMs + byMs } });
}

export function change({ state }: Turn, role: Holding, changes: Partial<Tenure>): void {
  state.role = { ...role, tenure: { ...role.tenure, ...changes } };
}

export function renewed(turn: Turn, role: Holding, pending: Pending, lease: Lease): void {
  const { state, settings, at } = turn;
  note(turn, lease);
  state.jumped = validityAt(pending.sentAt, at, settings) === 'uncertain'; // the clock jumped after this was sent: once more
  const nextAtMs = state.jumped ? at.monoMs : pending.sentAt.monoMs + renewalGapMs(settings);
  change(turn, role, { lease, confirmed: pending.sentAt, unanswered: [], nextAtMs, doubtful: false });
  tell(turn, { type: 'lease.renewed', token: role.tenure.token, tookMs: at.monoMs - pending.sentAt.monoMs });
}

/** Somebody wrote the lease: perhaps we did, and did not learn of it. A read tells, at once. */
export function holderConflict(turn: Turn, role: Holding): void {
  change(turn, role, { doubtful: true, nextAtMs: turn.at.monoMs });
}

export function holderFailed(turn: Turn, role: Holding, pending: Pending, failure: Failure): void {
  const { settings, at } = turn;
  const { tenure } = role;
  if (failure.fault === 'invalid') return lose(turn, 'refused');
  const unsettled = validityAt(tenure.confirmed, at, settings) === 'uncertain';
  if (unsettled && elapsedMs(tenure.confirmed, at) >= settings.renewDeadlineMs) return lose(turn, 'clock_jumped');
  change(turn, role, { doubtful: tenure.doubtful || failure.mayBeWritten, nextAtMs: againAtMs(turn, tenure, pending, failure) });
}

/**
 * Attempts are a retry period apart, counted from their beginnings, so that one which timed out is followed at once. A server may
 * ask for more, but not for so much that no attempt is left before the deadline.
 */
function againAtMs({ settings, at }: Turn, tenure: Tenure, pending: Pending, failure: Failure): number {
  const pacedMs = pending.sentAt.monoMs + renewalGapMs(settings);
  const askedMs = failure.retryAfterMs === undefined ? 0 : at.monoMs + failure.retryAfterMs + retrySpreadMs(settings);
  const lastMs = tenure.confirmed.monoMs + settings.renewDeadlineMs - settings.requestTimeoutMs;
  return Math.max(at.monoMs, pacedMs, Math.min(askedMs, lastMs));
}

/** Reads follow doubts: is it still ours, and did the renewal take place whose answer was lost? */
export function holderRead(turn: Turn, role: Holding, pending: Pending, lease: Lease | undefined): void {
  const { settings, at } = turn;
  const { tenure } = role;
  if (lease === undefined) return lose(turn, 'deleted');
  if (lease.revision < tenure.lease.revision) {
    return change(turn, role, { nextAtMs: Math.max(at.monoMs, pending.sentAt.monoMs + renewalGapMs(settings)) }); // an old answer
  }
  note(turn, lease);
  if (lease.termId !== tenure.termId) return lose(turn, 'taken');
  if (lease.renewal < tenure.lease.renewal) return lose(turn, 'deleted'); // and our first write came again, late
  const confirmed = latest(tenure, lease);
  const nextAtMs = Math.max(at.monoMs, confirmed.monoMs + settings.retryPeriodMs);
  change(turn, role, { lease, confirmed, nextAtMs, doubtful: false });
  if (role.kind === 'leading') heed(turn, lease);
}

function latest({ unanswered, confirmed }: Tenure, lease: Lease): Instant {
  return unanswered.find(({ renewal }) => renewal === lease.renewal)?.sentAt ?? confirmed;
}

/** What a watch says of a lease that we hold. A loss is a loss at once; what is older than our last write is nothing. */
export function holderSaw(turn: Turn, role: Holding, lease: Lease | undefined, revision: bigint): void {
  if (revision <= role.tenure.lease.revision) return;
  if (lease === undefined) return lose(turn, 'deleted');
  if (lease.termId !== role.tenure.termId) {
    note(turn, lease);
    return lose(turn, 'taken');
  }
  if (lease.renewal < role.tenure.lease.renewal) return lose(turn, 'deleted');
  if (turn.state.pending !== undefined) return; // its answer tells, and more exactly
  note(turn, lease);
  change(turn, role, { lease });
  if (role.kind === 'leading') heed(turn, lease);
}

/** Somebody preferred asks for the lease, or somebody else assigns it: then it is handed over. The next renewal clears what is not heeded. */
function heed(turn: Turn, lease: Lease): void {
  const { identity, yields } = turn.settings;
  const asked = lease.handOffTo !== '' && lease.handOffTo !== identity && (yields?.(lease) ?? true);
  if (asked || lease.reservedBecause !== undefined) retire(turn, 'handed_over', lease.handOffTo);
}

/** Ends a term that is still ours: the work is told to stop, the lease is kept until it has, and then released. */
export function retire(turn: Turn, reason: TermEnd, successor: string): void {
  const { state, settings, at } = turn;
  if (state.role.kind !== 'leading') return;
  const { tenure } = state.role;
  state.successor = successor;
  abort(turn, tenure, reason);
  state.role = { kind: 'draining', tenure, held: true, reason, untilMs: at.monoMs + settings.drainTimeoutMs };
}

/** The lease is not ours any more, or must not be counted on. */
export function lose(turn: Turn, reason: TermEnd): void {
  const { state } = turn;
  const { role } = state;
  if (!isHolding(role)) return;
  cancelPending(turn);
  pollLater(turn);
  if (reason === 'deleted') state.pollAtMs = turn.at.monoMs; // of the lease that was deleted nothing more will be told
  if (role.kind === 'draining') {
    state.role = { ...role, held: false, untilMs: state.stopping ? role.untilMs : Number.POSITIVE_INFINITY };
    return;
  }
  abort(turn, role.tenure, reason);
  state.role = { kind: 'draining', tenure: role.tenure, held: false, reason, untilMs: Number.POSITIVE_INFINITY };
}

export function abort(turn: Turn, { termId, token }: Tenure, reason: TermEnd): void {
  turn.effects.push({ type: 'abort', termId, reason });
  tell(turn, { type: 'term.ending', token, reason });
}
