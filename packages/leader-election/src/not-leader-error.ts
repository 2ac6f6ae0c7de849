import { HoldfastError } from '@holdfast/core';
import type { TermEnd } from './elector/inputs.ts';

/** Why this is not, or not certainly, the leader: how the term ended, or that a jump of the clocks waits to be settled. */
export type NotLeaderReason = TermEnd | 'uncertain';

/** The term that was counted on is over, or cannot be relied on at this moment. What was to be done must not be done. */
export class NotLeaderError extends HoldfastError {
  override readonly name = 'NotLeaderError';
  readonly code = 'HOLDFAST_NOT_LEADER';
  readonly reason: NotLeaderReason;
  /** How long ago the term could last be relied on, in milliseconds, as far as it is known; otherwise 0. */
  readonly lapsedByMs: number;
  constructor(election: string, reason: NotLeaderReason, lapsedByMs: number) {
    super(`${election}: ${sentences[reason]}`, election);
    this.reason = reason;
    this.lapsedByMs = lapsedByMs;
  }
}

const sentences: Record<NotLeaderReason, string> = {
  uncertain: 'the clock has jumped, and until a renewal succeeds nobody knows whether this is still the leader',
  lapsed: 'not the leader any more, for no renewal succeeded in time',
  taken: 'not the leader any more, for the lease is held by another',
  deleted: 'not the leader any more, for the lease was deleted',
  clock_jumped: 'not the leader any more, for the clock jumped and no renewal succeeded since',
  refused: 'not the leader any more, for the store refuses the lease as it is',
  handed_over: 'not the leader any more, for the lease was handed over to a preferred candidate',
  resigned: 'not the leader any more, for it resigned',
  stopped: 'not the leader any more, for the election was stopped',
  returned: 'not the leader any more, for its work has returned',
  failed: 'not the leader any more, for its work has failed',
};

declare module '@holdfast/core' {
  interface HoldfastErrors {
    HOLDFAST_NOT_LEADER: NotLeaderError;
  }
}
