import { Again, hub, publish } from '@holdfast/core';
import type { Clock, Guard, Outcome, PolicyCall, Turn } from '@holdfast/core';
import { quietly } from './discard.ts';
import type { RetryDenial } from './events.ts';
import { readRetryOptions } from './retry-options.ts';
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
  enter(call: PolicyCall): number;
  exit(call: PolicyCall, outcome: Outcome, entered: unknown): Turn | Promise<Turn>;
  snapshot(): RetrySnapshot;
}

/** What a call carries from one attempt to the next. A call that succeeds at once has none, only its number at the door. */
interface Progress {
  /** The number the call came with: above 1 within an outer retry. */
  readonly callAttempt: number;
  /** Attempts begun here, the coming one included. */
  readonly attempt: number;
  /** The backoff's last answer. */
  readonly previousMs: number;
  /** Paid for the coming attempt. */
  readonly tokens: number;
}

/**
 * The other side's wish is never undercut, and stretched by up to this share: those refused together shall not return together.
 */
const SPREAD_RATIO = 0.1;

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
 * nonsense is reported as `policy.faulted`, and the attempt was the last one.
 *
 * It does not bound one attempt's time (`timeout`, inside), nor the whole (`deadline`, outside).
 * @throws {ConfigError} for options out of range, or that contradict each other.
 */
export function retry(options?: RetryOptions): RetryPolicy {
  const { name, attempts, backoff, budget, clock, random, ...given } = readRetryOptions(options);
  let retries = 0;
  let waiting = 0;
  let recovered = 0;
  const denied: Record<RetryDenial, number> = {
    not_retryable: 0,
    attempts: 0,
    layered: 0,
    not_idempotent: 0,
    forbidden: 0,
    too_long: 0,
    deadline: 0,
    budget: 0,
  };

  const deny = (call: PolicyCall, { kind, error }: Outcome, attempt: number, reason: RetryDenial): undefined => {
    denied[reason]++;
    if (!hub.active) return;
    const { id: callId, pipeline } = call;
    publish({ type: 'retry.denied', at: clock.now(), callId, pipeline, policy: name, attempt, kind, error, reason });
  };

  /** Why there is no retry however long the wait would be. */
  const refusal = (call: PolicyCall, outcome: Outcome, { attempt, callAttempt }: Progress): RetryDenial | undefined => {
    if (!given.retryOn(outcome, call)) return 'not_retryable';
    if (attempt >= attempts) return 'attempts';
    if (given.isRetry(call, callAttempt)) return 'layered';
    if (!(call.idempotent ?? given.idempotent ?? given.unsent(outcome))) return 'not_idempotent';
    return undefined;
  };

  const wait = (call: PolicyCall, delayMs: number, progress: Progress): Promise<Again> => {
    retries++;
    waiting++;
    const notMade = (reason: unknown): never => {
      budget.giveBack(progress.tokens);
      throw reason;
    };
    return call.sleep(delayMs).then(
      () => {
        waiting--;
        return call.cancelled ? notMade(call.reason) : new Again(progress);
      },
      (reason: unknown) => {
        waiting--;
        return notMade(reason);
      },
    );
  };

  const afterFailure = (call: PolicyCall, outcome: Outcome, progress: Progress): Promise<Again> | undefined => {
    const { attempt, previousMs } = progress;
    const reason = refusal(call, outcome, progress);
    if (reason !== undefined) {
      // A refusal of our own policies has an event of its own; that it is not retried is no news.
      return reason === 'not_retryable' && outcome.kind === 'rejected' ? undefined : deny(call, outcome, attempt, reason);
    }
    const wishMs = given.retryAfter(outcome);
    let backoffMs = previousMs;
    let delayMs: number;
    if (wishMs === undefined) delayMs = backoffMs = finite('backoff', backoff(attempt, { previousMs, outcome, random }));
    else if (wishMs === Number.POSITIVE_INFINITY) return deny(call, outcome, attempt, 'forbidden');
    else if (wishMs > given.maxRetryAfterMs) return deny(call, outcome, attempt, 'too_long');
    else delayMs = finite('retryAfter', wishMs) * (1 + SPREAD_RATIO * random());

    if (delayMs + given.minAttemptMs >= call.remainingMs()) return deny(call, outcome, attempt, 'deadline');
    const tokens = budget.withdraw(outcome);
    if (tokens === 0) return deny(call, outcome, attempt, 'budget');

    if (hub.active) {
      const { id: callId, pipeline } = call;
      const { kind, error } = outcome;
      const source = wishMs === undefined ? 'backoff' : 'retry_after';
      publish({
        type: 'retry.scheduled',
        at: clock.now(),
        callId,
        pipeline,
        policy: name,
        attempt,
        kind,
        error,
        delayMs,
        source,
      });
    }
    if (!outcome.threw) quietly(given.discard, outcome);
    return wait(call, delayMs, { ...progress, attempt: attempt + 1, previousMs: backoffMs, tokens });
  };

  return {
    name,
    clock,
    enter: (call) => call.attempt,
    exit(call, outcome, entered) {
      const { kind } = outcome;
      if (kind === 'success' || kind === 'slow') {
        budget.deposit();
        if (typeof entered !== 'number') recovered++;
        return undefined;
      }
      const progress =
        typeof entered === 'number' ? { callAttempt: entered, attempt: 1, previousMs: 0, tokens: 0 } : (entered as Progress);
      // Paid for, and refused before it reached the dependency.
      if ((kind === 'rejected' || !outcome.ran) && progress.tokens > 0) budget.giveBack(progress.tokens);
      if (kind === 'cancelled' || kind === 'ignored' || call.cancelled) return undefined;
      return afterFailure(call, outcome, progress);
    },
    snapshot: () => ({
      policy: name,
      kind: 'retry',
      attempts,
      retries,
      waiting,
      recovered,
      denied: { ...denied },
      budget: budget.snapshot(),
    }),
  };
}

function finite(option: string, ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new RangeError(`${option} must answer with milliseconds of at least 0, got ${String(ms)}`);
}
