import type { Outcome, PolicyCall } from '@holdfast/core';
import { yes } from '@holdfast/core/options';
import { finiteMs, tokensOf, wishOf } from './answers.ts';
import type { RetryDenial } from './events.ts';
import type { RetrySettings } from './retry-options.ts';

/** Another attempt, paid for. */
export interface RetryPlan {
  readonly delayMs: number;
  /** The backoff's last answer. */
  readonly backoffMs: number;
  readonly tokens: number;
  readonly source: 'backoff' | 'retry_after';
}

/** What is known of the call so far. */
interface Past {
  readonly callAttempt: number;
  readonly attempt: number;
  readonly previousMs: number;
}

/**
 * The other side's wish is never undercut, and stretched by up to this share: those refused together shall not return together.
 */
export const SPREAD_RATIO = 0.1;

export const isDenial = (plan: RetryPlan | RetryDenial): plan is RetryDenial => typeof plan === 'string';

/** Whether there is another attempt after this outcome, and when; the budget is asked last, for it is spent by being asked. */
export function planRetry(settings: RetrySettings, call: PolicyCall, outcome: Outcome, past: Past): RetryPlan | RetryDenial {
  const refusal = refusalOf(settings, call, outcome, past);
  if (refusal !== undefined) return refusal;
  const { backoff, retryAfter, maxRetryAfterMs, minAttemptMs, random, budget } = settings;
  const { attempt, previousMs } = past;
  const wishMs = wishOf(retryAfter, outcome);
  let backoffMs = previousMs;
  let delayMs: number;
  if (wishMs === undefined) delayMs = backoffMs = finiteMs('backoff', backoff(attempt, { previousMs, outcome, random }));
  else if (wishMs === Number.POSITIVE_INFINITY) return 'forbidden';
  else if (wishMs > maxRetryAfterMs) return 'too_long';
  else delayMs = wishMs * (1 + SPREAD_RATIO * random());
  if (delayMs + minAttemptMs >= call.remainingMs()) return 'deadline';
  const tokens = tokensOf(budget, outcome);
  if (tokens === 0) return 'budget';
  return { delayMs, backoffMs, tokens, source: wishMs === undefined ? 'backoff' : 'retry_after' };
}

/** Why there is no retry however long the wait would be. */
function refusalOf(
  settings: RetrySettings,
  call: PolicyCall,
  outcome: Outcome,
  { attempt, callAttempt }: Past,
): RetryDenial | undefined {
  if (!yes('retryOn', settings.retryOn(outcome, call))) return 'not_retryable';
  if (attempt >= settings.attempts) return 'attempts';
  if (yes('isRetry', settings.isRetry(call, callAttempt))) return 'layered';
  if (!(call.idempotent ?? settings.idempotent ?? yes('unsent', settings.unsent(outcome)))) return 'not_idempotent';
  return undefined;
}
