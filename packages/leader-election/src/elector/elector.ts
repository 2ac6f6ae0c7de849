import type { Lease } from '../lease.ts';
import {
  acquired,
  asked,
  follow,
  followerConflict,
  followerFailed,
  followerRead,
  followerSaw,
  hinted,
  lookAtMs,
  watchTurned,
} from './following.ts';
import type { Answer, Effect, Input } from './inputs.ts';
import { elapsedMs } from './instant.ts';
import type { Instant } from './instant.ts';
import {
  abort,
  followClockBack,
  holderConflict,
  holderFailed,
  holderRead,
  holderSaw,
  lose,
  release,
  renew,
  renewed,
  retire,
} from './leading.ts';
import { giveBack, released, releaseConflict, releaseFailed, releaseRead, renewedLate } from './releasing.ts';
import type { ElectorSettings } from './settings.ts';
import { isFollowing, isHolding, newState } from './state.ts';
import type { ElectorState, Pending, Tenure } from './state.ts';
import { endTerm, finish } from './term-end.ts';
import { cancelPending, tell } from './turn.ts';
import type { Turn } from './turn.ts';
import { remainingMsAt, validityAt } from './validity.ts';
import type { Validity } from './validity.ts';

/**
 * The whole of an election as one candidate sees it, without a clock, a network or a promise: it is told what happens and when, and
 * says what is to be done. So it runs in production, in a simulation of millions of elections, and in a check of all interleavings.
 *
 * The algorithm is client-go's (kubernetes/client-go, tools/leaderelection), with what it leaves open closed: validity counts from
 * when a renewal was sent, a loss ends the term at once, a term never survives a lapse, the lease is released only after the work
 * has settled and only over our own last write, and each term has a token that grows.
 *
 * Each step takes time first: whatever an answer says, a term that has lapsed by now is over before the answer is looked at.
 */
export class Elector {
  readonly settings: ElectorSettings;
  readonly #state: ElectorState;

  constructor(settings: ElectorSettings, state: ElectorState = newState()) {
    this.settings = settings;
    this.#state = state;
  }

  get state(): Readonly<ElectorState> {
    return this.#state;
  }

  /** The same elector in the same state, to try something on. */
  copy(): Elector {
    return new Elector(this.settings, { ...this.#state });
  }

  step(input: Input, at: Instant): readonly Effect[] {
    const turn: Turn = { settings: this.settings, state: this.#state, at, effects: [] };
    if (this.#state.role.kind === 'idle' && input.type !== 'start') return turn.effects;
    passTime(turn, input);
    take(turn, input);
    act(turn);
    return turn.effects;
  }

  /** When to wake it, if nothing happens before: in monotonic ms, `Infinity` for never. */
  wakeAtMs(at: Instant): number {
    return nextAtMs({ settings: this.settings, state: this.#state, at, effects: [] });
  }

  /** How far the term of this id may be trusted at this moment. */
  validityOf(termId: string, at: Instant): Validity {
    const confirmed = this.#confirmedOf(termId);
    return confirmed === undefined ? 'lapsed' : validityAt(confirmed, at, this.settings);
  }

  remainingMsOf(termId: string, at: Instant): number {
    const confirmed = this.#confirmedOf(termId);
    return confirmed === undefined ? 0 : remainingMsAt(confirmed, at, this.settings);
  }

  /** How long ago the term could last be relied on; 0 while it can, and when it is not known any more. */
  lapsedByMsOf(termId: string, at: Instant): number {
    const tenure = this.#tenureOf(termId);
    return tenure === undefined ? 0 : Math.max(0, elapsedMs(tenure.confirmed, at) - this.settings.renewDeadlineMs);
  }

  #confirmedOf(termId: string): Instant | undefined {
    const { role } = this.#state;
    if (role.kind === 'draining' && !role.held) return undefined;
    return this.#tenureOf(termId)?.confirmed;
  }

  /** The term while its work may run; none once that has settled. */
  #tenureOf(termId: string): Tenure | undefined {
    const { role } = this.#state;
    if (role.kind !== 'leading' && role.kind !== 'draining') return undefined;
    return role.tenure.termId === termId ? role.tenure : undefined;
  }
}

function passTime(turn: Turn, input: Input): void {
  const { state, settings, at } = turn;
  const { role } = state;
  if (isHolding(role)) {
    followClockBack(turn, role);
    if (validityAt(role.tenure.confirmed, at, settings) === 'lapsed') lose(turn, 'lapsed');
  }
  if (state.role.kind === 'draining' && at.monoMs >= state.role.untilMs) stopWaiting(turn);
  if (state.role.kind === 'releasing' && at.monoMs >= state.role.untilMs) endTerm(turn, state.role.tenure, state.role.reason);
  const { pending } = state;
  if (pending === undefined || at.monoMs < pending.sentAt.monoMs + settings.requestTimeoutMs) return;
  if (input.type === 'answered' && input.request === pending.request) return; // at the last moment: it may tell of a loss
  timeOut(turn, pending);
}

/** The work does not end. Then the lease is not given to others but left to expire, which is as long as they can be kept away. */
function stopWaiting(turn: Turn): void {
  const { state } = turn;
  if (state.role.kind !== 'draining') return;
  const { tenure, reason } = state.role;
  if (!state.stopping) return lose(turn, reason);
  tell(turn, { type: 'term.ended', token: tenure.token, reason, heldMs: turn.at.monoMs - tenure.startedAtMs, drained: false });
  finish(turn, tenure.confirmed);
}

function timeOut(turn: Turn, pending: Pending): void {
  cancelPending(turn);
  const error = new Error(`no answer within ${turn.settings.requestTimeoutMs} ms`);
  conclude(turn, pending, { type: 'failed', fault: 'unreachable', mayBeWritten: true, retryAfterMs: undefined, error });
}

function take(turn: Turn, input: Input): void {
  const { state, at } = turn;
  switch (input.type) {
    case 'start':
      return start(turn, input.candidate);
    case 'stop':
      return stop(turn, input.to ?? '');
    case 'resign':
      return retire(turn, 'resigned', input.to);
    case 'answered':
      return answered(turn, input.request, input.answer);
    case 'worked':
      return worked(turn, input.failed);
    case 'watching':
      return watchTurned(turn, input.up);
    case 'hinted':
      return hinted(turn);
    case 'heard':
      state.heardAtMs = at.monoMs;
      return undefined;
    case 'seen':
      return saw(turn, input.lease, input.lease.revision);
    case 'deleted':
      return saw(turn, undefined, input.revision);
    case 'wake':
      return undefined;
  }
}

/** Begins anew, however the last campaign ended; only the numbers go on, for they must not come twice. */
function start({ state, at }: Turn, candidate: boolean): void {
  if (state.role.kind === 'idle') {
    const { requests, terms } = state;
    const nowMs = at.monoMs;
    const due = {
      pollAtMs: nowMs,
      holdOffUntilMs: nowMs,
      heardAtMs: nowMs,
      readAtMs: nowMs,
      restUntilMs: Number.POSITIVE_INFINITY,
    };
    Object.assign(state, newState(), { requests, terms, role: { kind: 'following' } }, due);
  }
  if (candidate) state.restUntilMs = Math.min(state.restUntilMs, at.monoMs);
}

function stop(turn: Turn, successor: string): void {
  const { state, settings, at } = turn;
  if (state.stopping) return;
  state.stopping = true;
  const untilMs = at.monoMs + settings.drainTimeoutMs;
  if (state.role.kind === 'leading') retire(turn, 'stopped', successor);
  else if (state.role.kind === 'draining') state.role = { ...state.role, untilMs: Math.min(untilMs, state.role.untilMs) };
}

function answered(turn: Turn, request: number, answer: Answer): void {
  const { pending } = turn.state;
  if (pending?.request !== request) return; // timed out, or of a term that is over
  turn.state.pending = undefined;
  conclude(turn, pending, answer);
}

function conclude(turn: Turn, pending: Pending, answer: Answer): void {
  if (answer.type === 'failed') tell(turn, { ...answer, type: 'lease.request_failed', kind: pending.kind });
  const { role } = turn.state;
  if (isFollowing(role)) return concludeFollowing(turn, pending, answer);
  switch (role.kind) {
    case 'leading':
    case 'draining':
      if (answer.type === 'read') holderRead(turn, role, pending, answer.lease);
      else if (answer.type === 'written') renewed(turn, role, pending, answer.lease);
      else if (answer.type === 'conflict') holderConflict(turn, role);
      else holderFailed(turn, role, pending, answer);
      return undefined;
    case 'releasing':
      if (answer.type === 'read') releaseRead(turn, role, answer.lease);
      else if (answer.type === 'conflict') releaseConflict(turn, role);
      else if (answer.type === 'failed') releaseFailed(turn, role, pending, answer);
      else if (pending.kind === 'release') released(turn, role, answer.lease);
      else renewedLate(turn, role, answer.lease);
      return undefined;
    case 'idle':
      return undefined;
  }
}

function concludeFollowing(turn: Turn, pending: Pending, answer: Answer): void {
  if (answer.type === 'read') followerRead(turn, pending, answer.lease);
  else if (answer.type === 'conflict') followerConflict(turn);
  else if (answer.type === 'failed') followerFailed(turn, pending, answer);
  else if (pending.kind === 'acquire') acquired(turn, pending, answer.lease);
  else asked(turn, answer.lease);
}

function saw(turn: Turn, lease: Lease | undefined, revision: bigint): void {
  const { state, at } = turn;
  const { role } = state;
  state.heardAtMs = at.monoMs;
  if (isHolding(role)) holderSaw(turn, role, lease, revision);
  else followerSaw(turn, lease, revision);
}

function worked(turn: Turn, failed: boolean): void {
  const { role } = turn.state;
  if (role.kind === 'leading') {
    const reason = failed ? 'failed' : 'returned';
    abort(turn, role.tenure, reason);
    release(turn, role.tenure, reason);
  } else if (role.kind === 'draining') {
    if (role.held) release(turn, role.tenure, role.reason);
    else endTerm(turn, role.tenure, role.reason);
  }
}

function act(turn: Turn): void {
  const { role } = turn.state;
  if (isFollowing(role)) follow(turn);
  else if (isHolding(role)) renew(turn, role);
  else if (role.kind === 'releasing') giveBack(turn, role);
}

function nextAtMs(turn: Turn): number {
  const { state, settings } = turn;
  const { role, pending } = state;
  const answerByMs = pending === undefined ? undefined : pending.sentAt.monoMs + settings.requestTimeoutMs;
  switch (role.kind) {
    case 'idle':
      return Number.POSITIVE_INFINITY;
    case 'following':
      return answerByMs ?? lookAtMs(turn);
    case 'leading':
      return Math.min(role.tenure.confirmed.monoMs + settings.renewDeadlineMs, answerByMs ?? role.tenure.nextAtMs);
    case 'draining':
      if (!role.held) return Math.min(role.untilMs, answerByMs ?? lookAtMs(turn));
      return Math.min(role.untilMs, role.tenure.confirmed.monoMs + settings.renewDeadlineMs, answerByMs ?? role.tenure.nextAtMs);
    case 'releasing':
      return Math.min(role.untilMs, answerByMs ?? role.tenure.nextAtMs);
  }
}
