import type { Outcome } from '@holdfast/core';

/** An error and its causes; more than this many deep is a cycle or of no interest. */
const DEPTH = 5;

function anyCause(error: unknown, matches: (one: { readonly [name: string]: unknown }) => boolean): boolean {
  let one = error;
  for (let depth = 0; depth < DEPTH && typeof one === 'object' && one !== null; depth++) {
    if (matches(one as { readonly [name: string]: unknown })) return true;
    one = (one as { cause?: unknown }).cause;
  }
  return false;
}

/** Raised before a connection stands, whatever the system call. */
const NOT_CONNECTED: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

/**
 * Whether the attempt surely never reached the dependency: a policy of ours refused it, the name did not resolve or no connection
 * came about. For operations that make **one** request and nothing else, as `unsent` option of a retry: then such failures are
 * retried also where repeating would do harm. Of an operation with several steps it tells about the last step only.
 *
 * `ECONNRESET`, `EPIPE` and the like do not count: the request may have been read. Neither do `EHOSTUNREACH` and `ETIMEDOUT`
 * unless they came from connecting: an established connection reports them, too.
 */
export function neverSent({ kind, threw, error }: Outcome): boolean {
  if (kind === 'rejected') return true;
  return threw && anyCause(error, ({ code, syscall }) => NOT_CONNECTED.includes(code) || syscall === 'connect');
}

/** Whether time ran out: ours, `AbortSignal.timeout`'s, or one of a client or the system, by name or code. */
export function isTimeout(error: unknown): boolean {
  return anyCause(error, ({ name, code }) => name === 'TimeoutError' || (typeof code === 'string' && /TIMED?OUT/.test(code)));
}
