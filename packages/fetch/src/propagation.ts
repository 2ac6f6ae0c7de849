import type { CallContext } from '@holdfast/core';
import { ATTEMPT_HEADER, CLASS_HEADER, DEADLINE_HEADER, formatDeadline } from '@holdfast/deadline';

/** The headers of the request, and those that tell the server about the call it serves. */
export function withCallHeaders(given: RequestInit['headers'], call: CallContext): [string, string][] {
  const headers = new Headers(given);
  const deadline = formatDeadline(call.remainingMs());
  if (deadline !== undefined) headers.set(DEADLINE_HEADER, deadline);
  headers.set(CLASS_HEADER, call.criticality);
  headers.set(ATTEMPT_HEADER, String(call.attempt));
  // As pairs, which a fetch takes also if its `Headers` is another class.
  return [...headers];
}
