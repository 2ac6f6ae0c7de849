import { isHoldfastError } from '@holdfast/core';
import type { CallContext, Clock, Outcome } from '@holdfast/core';
import type { RetryOptions } from '@holdfast/retry';
import { discardResponse } from './discard.ts';
import { exchangeOf } from './exchange.ts';
import { reachOf } from './network-errors.ts';

/**
 * What HTTP adds to a retry. `unsent` failures are repeated whatever the method; others only if the exchange is idempotent; and
 * nothing is whose body cannot be sent again, or that would fail the same way again.
 */
export function httpRetry(given: Omit<RetryOptions, 'clock' | 'random'>, clock: Clock): RetryOptions {
  const { retryOn = isWorthAnother, unsent = surelyUnsent } = given;
  return {
    discard: ({ value }) => discardResponse(value as Response, clock),
    ...given,
    unsent,
    retryOn: (outcome, call) => {
      const { replayable, idempotent } = exchangeOf(call);
      // Asked here as well: a surrounding call that is idempotent as a whole must not make this request so.
      return replayable && (idempotent || call.idempotent !== true || unsent(outcome)) && retryOn(outcome, call);
    },
  };
}

/** Responses come here only if they count as failures. What our own policies refused is not asked for again. */
function isWorthAnother({ kind, threw, error }: Outcome, _call: CallContext): boolean {
  if (kind === 'rejected') return false;
  return !threw || isHoldfastError(error, 'HOLDFAST_TIMEOUT') || reachOf(error) !== 'final';
}

/** A server that sheds load says so in a header, and that it never began. */
function surelyUnsent({ threw, value, error }: Outcome): boolean {
  return threw ? reachOf(error) === 'unsent' : (value as Response).headers.has('x-holdfast-shed');
}
