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
  }
}
