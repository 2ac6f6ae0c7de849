/** Methods that may be repeated without harm (RFC 9110, section 9.2.2; QUERY by its own RFC), as undici's retry has them, too. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY']);

/** Whether the server promises that a second request changes nothing more: by its method, or because it recognises the key. */
export function isIdempotent(method: string, headers: RequestInit['headers']): boolean {
  return IDEMPOTENT.has(method) || hasHeader(headers, 'idempotency-key');
}

function hasHeader(headers: RequestInit['headers'], wanted: string): boolean {
  if (headers === undefined) return false;
  if (typeof (headers as { has?: unknown }).has === 'function') return (headers as Headers).has(wanted);
  const names =
    Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)].map(([name]) => name) : Object.keys(headers);
  return names.some((name) => name.toLowerCase() === wanted);
}

/** By tag and not by class: undici has classes of its own beside the global ones. */
const REPLAYABLE_TAGS: ReadonlySet<string> = new Set([
  'URLSearchParams',
  'FormData',
  'Blob',
  'File',
  'ArrayBuffer',
  'SharedArrayBuffer',
]);

/**
 * Whether the same body can be sent again: it lies in memory as a whole, or, as a blob, can be read from its start at any time.
 * A stream or an async iterable can be read once only; keeping what it gave, without knowing how much that will be, is not for us.
 */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)) return true;
  return REPLAYABLE_TAGS.has((body as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '');
}
