import type { TermEnd } from './inputs.ts';
import type { Instant } from './instant.ts';
import type { ElectorSettings } from './settings.ts';
import type { Tenure } from './state.ts';
import { cancelPending, tell } from './turn.ts';
import type { Turn } from './turn.ts';

/** Work that fails again and again keeps the candidate away for so many retry periods at most, and never longer than a lease lasts. */
const LONGEST_REST = 16;

/** The term is over and nothing of it is left: on to the next, or done. @param reason none if it never began. */
export function endTerm(turn: Turn, tenure: Tenure, reason: TermEnd | undefined): void {
  const { state, settings, at } = turn;
  const heldMs = at.monoMs - tenure.startedAtMs;
  if (reason !== undefined) tell(turn, { type: 'term.ended', token: tenure.token, reason, heldMs, drained: true });
  cancelPending(turn);
  state.successor = '';
  state.jumped = false;
  if (state.stopping) return finish(turn, undefined);
  const byItself = reason === 'returned' || reason === 'failed';
  state.shortTerms = byItself && heldMs < settings.leaseDurationMs ? state.shortTerms + 1 : 0;
  state.restUntilMs = at.monoMs + restMs(reason, state.shortTerms, settings);
  state.pollAtMs = at.monoMs;
  state.holdOffUntilMs = 0;
  state.role = { kind: 'following' };
}

/** A candidate that gives the lease away leaves it to others for longer than the 2.2 periods after which a follower without a watch looks. */
const GIVEN_AWAY_REST = 3;

/** Longer while the work keeps failing, wherever it is tried. */
function restMs(reason: TermEnd | undefined, shortTerms: number, { retryPeriodMs, leaseDurationMs }: ElectorSettings): number {
  if (reason === 'resigned' || reason === 'handed_over') return GIVEN_AWAY_REST * retryPeriodMs;
  const periods = Math.min(2 ** Math.max(0, shortTerms - 1), LONGEST_REST);
  return Math.min(periods * retryPeriodMs, Math.max(leaseDurationMs, retryPeriodMs));
}

/** Stopped. Nothing is asked of anybody from here on. */
export function finish(turn: Turn, leftBehind: Instant | undefined): void {
  cancelPending(turn);
  turn.state.role = { kind: 'idle' };
  turn.state.claim = undefined;
  turn.effects.push({ type: 'finished', leftBehind });
}
