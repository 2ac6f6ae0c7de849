/** What p-retry gets to see of an ending: an error always. */
export function asError(threw: boolean, error: unknown, value: unknown): Error {
  if (!threw) return new Error('classified as a failure', { cause: value });
  return error instanceof Error ? error : new TypeError('Non-error was thrown. You should only throw errors.', { cause: error });
}

interface Wrapper extends Error {
  readonly originalError: unknown;
}

/**
 * Whether it was made to stop p-retry. Told by its shape: the class belongs to the copy of p-retry that made it. The `AbortError` of an
 * aborted `fetch` has no `originalError`, and is none.
 */
export function isAbortError(error: unknown): error is Wrapper {
  return error instanceof Error && error.name === 'AbortError' && 'originalError' in error;
}

/** The error somebody wants to stop with, however often it is wrapped. */
export function unwrapped(wrapper: Wrapper): Error {
  let cause: Error = wrapper;
  while (isAbortError(cause) && cause.originalError instanceof Error) cause = cause.originalError;
  return cause;
}

/** How runtimes tell a `TypeError` of the network from one of the code. */
const NETWORK_MESSAGES: ReadonlySet<string> = new Set([
  'network error', // Chrome
  'NetworkError when attempting to fetch resource.', // Firefox
  'The Internet connection appears to be offline.', // Safari 16
  'Network request failed', // cross-fetch
  'fetch failed', // Node
  'terminated', // Node, of a body
  ' A network error occurred.', // Bun
  'Network connection lost', // Cloudflare Workers
  'Failed to fetch', // Chrome
]);

/**
 * A `TypeError` of the code is never worth a retry, one of `fetch` is.
 * @see is-network-error 1.3, which p-retry asks
 */
export function isHopeless(error: Error): boolean {
  return error instanceof TypeError && !(error.name === 'TypeError' && isOfNetwork(error));
}

function isOfNetwork(error: TypeError): boolean {
  const { message, stack } = error;
  if (NETWORK_MESSAGES.has(message)) return true;
  if (message.startsWith('error sending request for url')) return true; // Deno
  if (/^Failed to fetch \(.*\)$/s.test(message)) return true; // Chrome, with the host
  // Safari 17 says no more than this, but gives network errors no stack; Sentry adds its own.
  return /^Load failed(?: \(.*\))?$/s.test(message) && (stack === undefined || '__sentry_captured__' in error);
}
