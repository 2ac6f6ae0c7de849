import type { EventBase, OutcomeKind } from '@holdfast/core';

/**
 * Why a failed attempt was the last one.
 *
 * | reason | meaning |
 * |---|---|
 * | `not_retryable` | `retryOn` said so |
 * | `attempts` | all attempts are made |
 * | `layered` | the call is itself a retry of a layer above, which alone repeats it |
 * | `not_idempotent` | nobody said that a repeated call does no harm |
 * | `forbidden` | the other side asked not to be called again |
 * | `too_long` | it asked for a longer wait than `maxRetryAfterMs` |
 * | `deadline` | the wait does not fit into the time left |
 * | `budget` | the retry budget is spent |
 */
export type RetryDenial =
  | 'not_retryable'
  | 'attempts'
  | 'layered'
  | 'not_idempotent'
  | 'forbidden'
  | 'too_long'
  | 'deadline'
  | 'budget';

/**
 * Why a hedge was not made, or a call not hedged at all.
 *
 * | reason | meaning |
 * |---|---|
 * | `not_idempotent` | nobody said that a repeated call does no harm; counted once a call, and no event |
 * | `layered` | the call is itself repeated by a layer above; counted once a call, and no event |
 * | `forbidden` | the other side asked to be left alone |
 * | `refused` | one of our own policies further in refused an attempt of this call |
 * | `deadline` | the time left is too short for it |
 * | `budget` | the budget is spent |
 */
export type HedgeDenial = 'not_idempotent' | 'layered' | 'forbidden' | 'refused' | 'deadline' | 'budget';

interface OfHedge extends EventBase {
  readonly callId: number;
  readonly pipeline: string;
  readonly policy: string;
  /** Number of the attempt among those of this policy: 2 for the first hedge. */
  readonly attempt: number;
}

interface AfterAttempt extends EventBase {
  readonly callId: number;
  readonly pipeline: string;
  readonly policy: string;
  /** Number of the attempt that ended, among those of this policy. */
  readonly attempt: number;
  /** How it ended. */
  readonly kind: OutcomeKind;
  /** `undefined` if it returned a value that counts as a failure. */
  readonly error: unknown;
}

declare module '@holdfast/core' {
  interface HoldfastEvents {
    'retry.scheduled': AfterAttempt & {
      readonly delayMs: number;
      /** Whose word the wait is: ours or the other side's. */
      readonly source: 'backoff' | 'retry_after';
    };
    'retry.denied': AfterAttempt & { readonly reason: RetryDenial };
    /** Another attempt begins beside those that run. */
    'hedge.started': OfHedge & {
      /** How long the attempt before had been under way. */
      readonly afterMs: number;
    };
    /** A hedge answered first, and the call ends with its answer. */
    'hedge.won': OfHedge & {
      /** How long the call took in all. */
      readonly durationMs: number;
    };
    /** It was time for another attempt, which was not made: the call goes on with those that run. */
    'hedge.denied': OfHedge & { readonly reason: HedgeDenial };
  }
}
