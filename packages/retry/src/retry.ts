import type { Clock, Guard, Outcome, PolicyCall, PolicyTraits, Turn } from '@holdfast/core';
import type { RetryDenial } from './events.ts';
import { RetryGuard } from './retry-guard.ts';
import type { RetryOptions } from './retry-options.ts';

export interface RetrySnapshot {
  readonly policy: string;
  readonly kind: 'retry';
  readonly attempts: number;
  /** Retries scheduled so far. */
  readonly retries: number;
  /** Those whose wait is not over. */
  readonly waiting: number;
  /** Calls that failed at first and succeeded later. */
  readonly recovered: number;
  /** Failed attempts that were the last one, by reason. */
  readonly denied: Readonly<Record<RetryDenial, number>>;
  /** Of the budget; empty if there is none. */
  readonly budget: object;
}

export interface RetryPolicy extends Guard {
  readonly name: string;
  readonly clock: Clock;
  enter(call: PolicyCall): number | undefined;
  exit(call: PolicyCall, outcome: Outcome, entered: unknown): Turn | Promise<Turn>;
  snapshot(): RetrySnapshot;
  /**
   * `betweenMs` is our own waits at their longest, so `Infinity` for a `backoff` that does not tell its bound; `askedMs` what a
   * `Retry-After` may make of them, `maxRetryAfterMs` and a tenth each.
   */
  traits(): PolicyTraits;
  /**
   * Everything may change but `name`, `clock` and `random`. Holds for the next failure, also of calls that are under way; a wait that
   * has begun goes on, and is paid back to the budget that paid for it. The budget made here keeps its tokens, also while another is
   * in use.
   * @throws {ConfigError}
   */
  prepareUpdate(options: object): () => void;
}

/**
 * Calls again after a failure, after a wait in between. A call ends with its last attempt's own outcome, whatever stopped the
 * retries: the same error object, or the value that counts as a failure. The caller's abort and every deadline end a wait at
 * once.
 *
 * **Only calls known to be harmless when repeated are retried**: those run with `{ idempotent: true }`, or all that do not say if
 * the option `idempotent` is `true`. For others a failed attempt is the last one, and a `retry.denied` event says
 * `not_idempotent`; nothing else tells a charge from a lookup, and a retry that is missing shows in a test, a doubled charge in a
 * customer's account.
 *
 * Between the attempts lies the `backoff`, or what the other side asked for (`Retry-After`) and up to a tenth more. A retry that
 * would not fit into the time left, or that the budget does not pay, is not waited for. A callback that throws or answers
 * nonsense, such as a promise, is reported as `policy.faulted`, and the attempt was the last one.
 *
 * It does not bound one attempt's time (`timeout`, inside), nor the whole (`deadline`, outside).
 * @throws {ConfigError} for options out of range, or that contradict each other.
 */
export function retry(options?: RetryOptions): RetryPolicy {
  return new RetryGuard(options);
}
