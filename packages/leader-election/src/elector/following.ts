import type { Lease } from '../lease.ts';
import type { Failure } from './inputs.ts';
import { beginTerm } from './leading.ts';
import { isOwn, takeAtMs } from './observation.ts';
import { recordOf } from './record.ts';
import { pollGapMs, retrySpreadMs, silenceMs } from './settings.ts';
import type { ElectorSettings } from './settings.ts';
import type { ElectorState, Pending } from './state.ts';
import { finish } from './term-end.ts';
import { note, pollLater, sendRead, sendWrite } from './turn.ts';
import type { Turn } from './turn.ts';
import { validityAt } from './validity.ts';

/** When a follower, with nothing under way, wants to read the lease: in monotonic ms. */
export function lookAtMs({ state, settings }: Turn): number {
  if (state.observation === undefined) return state.holdOffUntilMs;
  const takeMs = mayTake(state) ? Math.max(takeAtMs(state.observation, settings), state.restUntilMs) : Number.POSITIVE_INFINITY;
  const doubtAtMs = state.watching ? Math.max(state.heardAtMs, state.readAtMs) + silenceMs(settings) : Number.POSITIVE_INFINITY;
  return Math.max(state.holdOffUntilMs, Math.min(state.pollAtMs, takeMs, doubtAtMs));
}

/** Reads when it is time to: as a candidate, as an observer, and while the work of a lost term ends, when others may lead already. */
export function follow(turn: Turn): void {
  const { state, at } = turn;
  if (state.stopping && state.role.kind === 'following') return leave(turn);
  if (state.pending === undefined && at.monoMs >= lookAtMs(turn)) sendRead(turn);
}

/** Not before the work of the last term has ended, and not while stopping. */
function mayTake({ role, stopping }: ElectorState): boolean {
  return role.kind === 'following' && !stopping;
}

/** Stops a candidate that leads nothing; one that may have won a lease without knowing looks first, to give it back. */
function leave(turn: Turn): void {
  const { state } = turn;
  if (state.pending?.kind === 'acquire') return;
  if (state.claim === undefined) return finish(turn, undefined);
  if (state.pending === undefined) sendRead(turn);
}

/** A quorum read: the only thing a lease is ever taken on. */
export function followerRead(turn: Turn, pending: Pending, lease: Lease | undefined): void {
  const { state, settings, at } = turn;
  state.readAtMs = at.monoMs;
  if (isOvertaken(turn, pending, lease)) {
    pollLater(turn); // when the later one may be taken is known, and then it is read
    if (state.claim !== undefined || pending.request < state.hintedBefore) state.pollAtMs = at.monoMs;
    return;
  }
  const missed = state.observation !== undefined && state.observation.lease?.revision !== lease?.revision;
  if (state.watching && missed && at.monoMs - state.heardAtMs >= silenceMs(settings)) {
    turn.effects.push({ type: 'rewatch' });
    state.heardAtMs = at.monoMs;
  }
  note(turn, lease);
  pollLater(turn);
  if (pending.request < state.hintedBefore) state.pollAtMs = at.monoMs;
  const { claim } = state;
  state.claim = undefined;
  if (claim !== undefined && lease !== undefined && lease.termId === claim.termId && lease.handOffTo === '') {
    if (state.stopping || validityAt(claim.sentAt, at, settings) === 'held') return beginTerm(turn, claim, lease);
  }
  if (mayTake(state)) takeOrAsk(turn, lease);
}

/** The watch has shown a later lease while this was read. To note the old one would hide the later until something changes again. */
function isOvertaken({ state }: Turn, { request }: Pending, lease: Lease | undefined): boolean {
  const { observation, shownBefore } = state;
  return observation !== undefined && request < shownBefore && (lease === undefined || lease.revision < observation.revision);
}

function takeOrAsk(turn: Turn, lease: Lease | undefined): void {
  const { state, settings, at } = turn;
  const takeMs = Math.max(takeAtMs(state.observation!, settings), state.restUntilMs);
  const { refused } = state;
  state.refused = undefined;
  if (at.monoMs < takeMs) {
    if (lease !== undefined && mayAsk(turn, lease)) ask(turn, lease);
  } else if (refused !== undefined && revisionOf(refused) === lease?.revision) {
    state.holdOffUntilMs = at.monoMs + pollGapMs(settings); // the store shows what it has just denied: it is behind
  } else {
    take(turn, lease);
  }
}

function revisionOf(seen: Lease | 'none'): bigint | undefined {
  return seen === 'none' ? undefined : seen.revision;
}

function take(turn: Turn, lease: Lease | undefined): void {
  const { state, settings, at } = turn;
  const termId = `${settings.electorId}.${++state.terms}`;
  state.claim = { termId, sentAt: at };
  sendWrite(turn, 'acquire', lease, {
    holder: settings.identity,
    termId,
    renewal: 0,
    durationMs: settings.leaseDurationMs,
    transitions: transitionsAfter(lease, settings.identity),
    acquiredAtMs: at.wallMs,
    renewedAtMs: at.wallMs,
    rank: settings.rank,
    handOffTo: '',
  });
}

/** As client-go counts: changes of the holder's name, from 0 for a new lease. */
function transitionsAfter(lease: Lease | undefined, identity: string): number {
  if (lease === undefined) return 0;
  return lease.holder === identity ? lease.transitions : lease.transitions + 1;
}

/** A holder may be asked to hand over. It decides; nothing is ever taken from it. */
function mayAsk({ state, settings, at }: Turn, lease: Lease): boolean {
  if (at.monoMs < state.restUntilMs) return false; // could not take it either
  const askable = lease.holder !== '' && lease.handOffTo === '' && lease.reservedBecause === undefined && !isOwn(lease, settings);
  if (!askable) return false;
  return settings.asks?.(lease) ?? (lease.rank > settings.rank && lease.termId !== state.askedTermId);
}

function ask(turn: Turn, lease: Lease): void {
  turn.state.askedTermId = lease.termId;
  sendWrite(turn, 'ask', lease, { ...recordOf(lease), handOffTo: turn.settings.identity });
}

export function acquired(turn: Turn, pending: Pending, lease: Lease): void {
  const { state, settings, at } = turn;
  const claim = { termId: lease.termId, sentAt: pending.sentAt };
  state.claim = undefined;
  note(turn, lease);
  if (state.stopping || validityAt(claim.sentAt, at, settings) === 'held') beginTerm(turn, claim, lease);
  else state.pollAtMs = at.monoMs; // the answer came too late to begin on: it is ours to take again
}

/** Somebody else was faster; or it was we, and this is the answer to the same request that the network carried twice. */
export function followerConflict({ state, at }: Turn): void {
  state.pollAtMs = at.monoMs;
  state.refused = state.observation?.lease ?? 'none';
}

export function followerFailed(turn: Turn, pending: Pending, failure: Failure): void {
  const { state, settings, at } = turn;
  if (pending.kind === 'acquire' ? !failure.mayBeWritten : state.stopping) state.claim = undefined;
  const hopeless = failure.fault === 'forbidden' || failure.fault === 'invalid';
  const gapMs = hopeless ? settings.leaseDurationMs : pollGapMs(settings);
  const askedMs = failure.retryAfterMs === undefined ? 0 : waitAskedForMs(failure.retryAfterMs, settings);
  const againAtMs = Math.max(pending.sentAt.monoMs + gapMs, at.monoMs + askedMs);
  state.holdOffUntilMs = againAtMs;
  state.pollAtMs = againAtMs;
}

/** A server that asks for more than a lease, or a proxy with a page about maintenance, would keep all candidates away long after it is back. */
function waitAskedForMs(retryAfterMs: number, settings: ElectorSettings): number {
  return Math.min(retryAfterMs, settings.leaseDurationMs) + retrySpreadMs(settings);
}

/** What a watch says of the lease. It shortens the wait; what is done is decided on a read. */
export function followerSaw(turn: Turn, lease: Lease | undefined, revision: bigint): void {
  const { observation } = turn.state;
  if (observation === undefined || revision <= observation.revision) return;
  note(turn, lease);
  turn.state.observation = { ...turn.state.observation!, revision };
  turn.state.shownBefore = turn.state.requests;
}

/** The holder has been asked: its answer is a release, and comes soon. */
export function asked(turn: Turn, lease: Lease): void {
  followerSaw(turn, lease, lease.revision);
  pollLater(turn);
}

/** Something may have changed: a read that is under way may know nothing of it. */
export function hinted({ state, at }: Turn): void {
  state.heardAtMs = at.monoMs;
  state.pollAtMs = at.monoMs;
  state.hintedBefore = state.requests;
}

export function watchTurned(turn: Turn, up: boolean): void {
  const { state, settings, at } = turn;
  state.watching = up;
  state.heardAtMs = at.monoMs;
  // What changed between the last read and the beginning of the watch may not be told.
  if (up) hinted(turn);
  else state.pollAtMs = Math.min(state.pollAtMs, at.monoMs + pollGapMs(settings));
}
