import { checkKind, isHoldfastError, reportFault } from '@holdfast/core';
import type { CallContext, ClassifiedKind, Clock, Ending } from '@holdfast/core';
import { isOfTheCaller } from './network-errors.ts';

/** How one attempt ended: with a response, whose body is not to be touched, or with an error. */
export type FetchEnding =
  | { readonly response: Response; readonly error: undefined }
  | { readonly response: undefined; readonly error: unknown };

/** What an ending tells about the origin; `undefined` leaves it to the default, see {@link kindOfStatus} and {@link kindOfError}. */
export type FetchClassify = (ending: FetchEnding, call: CallContext) => ClassifiedKind | undefined;

/** Statements about the request, although in the range of server errors: the method, or the version of HTTP, is not spoken there. */
const NOT_SPOKEN: ReadonlySet<number> = new Set([501, 505]);

/**
 * | status | counts as | because |
 * |---|---|---|
 * | 500–599 | `failure` | the server says that it failed, or what stands before it that nobody is behind |
 * | … 501, 505 | `success` | as 4xx: they are about the request, and another time would change nothing |
 * | 408 | `failure` | it gave up waiting for our request: it, or the way there, is overloaded; RFC 9110 lets the client repeat it |
 * | 429 | `failure` | it serves us no longer, and further calls make that worse: the one case where it asks to be left alone |
 * | other 4xx | `success` | it answered as it should, only that the request was wrong; if they did not count, a probe answered by 404 would never close a circuit |
 * | 2xx, 3xx | `success` | |
 *
 * 1xx never come here: `fetch` keeps them to itself.
 */
export function kindOfStatus(status: number): 'success' | 'failure' {
  if (status === 408 || status === 429) return 'failure';
  return status >= 500 && !NOT_SPOKEN.has(status) ? 'failure' : 'success';
}

/**
 * An error is a `failure`, except what the caller's own request brought about and what a policy of ours below (on a dispatcher) refused:
 * neither tells anything about the origin.
 */
export function kindOfError(error: unknown): 'failure' | 'ignored' {
  if (isHoldfastError(error)) {
    return error.code === 'HOLDFAST_TIMEOUT' || error.code === 'HOLDFAST_DEADLINE' ? 'failure' : 'ignored';
  }
  return isOfTheCaller(error) ? 'ignored' : 'failure';
}

/** The one classification of an attempt, for all policies alike; what the user's says goes first. */
export function classifier(clock: Clock, ask?: FetchClassify): (ending: Ending, call: CallContext) => ClassifiedKind {
  return ({ threw, value, error }, call) => {
    const ending = threw ? { response: undefined, error } : { response: value as Response, error: undefined };
    const asked = ask && answerOf(ask, ending, call, clock);
    if (asked !== undefined) return asked;
    return ending.response === undefined ? kindOfError(error) : kindOfStatus(ending.response.status);
  };
}

/** What the user's says; where it throws or says nonsense the default holds, and not core's, which knows nothing of statuses. */
function answerOf(ask: FetchClassify, ending: FetchEnding, call: CallContext, clock: Clock): ClassifiedKind | undefined {
  try {
    return checkKind(ask(ending, call));
  } catch (error) {
    reportFault(clock, call, 'classify', error);
    return undefined;
  }
}
