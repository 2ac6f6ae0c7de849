/**
 * What a failed fetch means for a repetition.
 *
 * | reach | the request | may be repeated |
 * |---|---|---|
 * | `unsent` | surely never reached the server: no name, no route, no connection | always |
 * | `unclear` | may have been read, and acted upon | only if a second time does no harm |
 * | `final` | would fail the same way again, or we do not know the error | no |
 */
export type Reach = 'unsent' | 'unclear' | 'final';

/** Raised before a connection stands. What the system call `connect` or a name look-up raised is `unsent` as well, whatever its code. */
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_PRX_CONN',
]);

/** Raised on a connection that stood: nobody can tell how much of the request the server has read. */
const UNCLEAR: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  // An HTTP/2 session that went away under its streams.
  'UND_ERR_INFO',
]);

/** Parse errors of HTTP/1.1, stream and session errors of HTTP/2. */
const UNCLEAR_FAMILY = /^(?:HPE_|ERR_HTTP2_)/;

/** The caller's own doing: they tell nothing about the server. */
const OF_THE_CALLER: ReadonlySet<unknown> = new Set([
  'UND_ERR_ABORT',
  'UND_ERR_ABORTED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

interface Fields {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Causes deeper than this are a cycle, or of no interest. */
const DEPTH = 5;

/**
 * The errors at the bottom of a failed fetch: `fetch` hides the real one as the `cause` of a `TypeError: fetch failed`, and where a name
 * has several addresses, Node hides one per address in `AggregateError.errors`.
 */
export function rootErrors(error: unknown, depth: number = DEPTH): readonly Fields[] {
  if (typeof error !== 'object' || error === null) return [];
  const { cause, errors } = error as Fields;
  if (depth > 0) {
    if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((one) => rootErrors(one, depth - 1));
    if (typeof cause === 'object' && cause !== null) return rootErrors(cause, depth - 1);
  }
  return [error];
}

/** Several errors are as bad as the worst of them: one address that may have had the request is enough. */
export function reachOf(error: unknown): Reach {
  const reaches = rootErrors(error).map(reachOfRoot);
  if (reaches.length === 0 || reaches.includes('final')) return 'final';
  return reaches.includes('unclear') ? 'unclear' : 'unsent';
}

function reachOfRoot({ code, syscall }: Fields): Reach {
  if (UNSENT.has(code) || syscall === 'connect' || syscall === 'getaddrinfo') return 'unsent';
  return UNCLEAR.has(code) || (typeof code === 'string' && UNCLEAR_FAMILY.test(code)) ? 'unclear' : 'final';
}

/** What `fetch` itself refuses on the way, by the words of undici; the error has no code. */
const REFUSED_BY_FETCH: ReadonlySet<unknown> = new Set([
  'unexpected redirect',
  'bad port',
  'unknown scheme',
  'integrity mismatch',
]);

const ownErrors = new WeakSet<object>();

/** Notes that this error came from code of the caller's, such as the maker of a body. */
export function markOwn(error: unknown): void {
  if (typeof error === 'object' && error !== null) ownErrors.add(error);
}

/**
 * Whether the request itself was at fault, so that no server is to blame: `fetch` refused its arguments (a `TypeError` without a cause:
 * a failure of the network always has one in Node), or the connection was closed from our side.
 */
export function isOfTheCaller(error: unknown): boolean {
  const { name, cause } = (error ?? {}) as Fields;
  // By name: an error of another realm, such as a test runner's, is no instance of this one's class.
  if (name === 'AbortError' || (name === 'TypeError' && cause === undefined)) return true;
  return rootErrors(error).some(
    (root) => ownErrors.has(root) || OF_THE_CALLER.has(root.code) || REFUSED_BY_FETCH.has(root.message),
  );
}
