import type { Outcome } from '@holdfast/core';

type Body = Partial<Record<'dump' | 'cancel' | 'destroy', () => unknown>>;

/**
 * Lets go of an answer that another attempt replaces. An HTTP response nobody reads keeps its connection busy, so its `body` is
 * read to its end if it can do that by itself (undici's `dump`, which keeps the connection), else cancelled (a web stream) or
 * destroyed (a Node stream).
 */
export function discardBody({ value }: Outcome): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const { body } = value as { body?: Body | null };
  if (typeof body !== 'object' || body === null) return undefined;
  if (typeof body.dump === 'function') return body.dump();
  if (typeof body.cancel === 'function') return body.cancel();
  if (typeof body.destroy === 'function') return body.destroy();
  return undefined;
}

/** What goes wrong with an answer that nobody wants is nobody's concern: neither a throw nor a rejection may reach the call. */
export function quietly(discard: (outcome: Outcome) => unknown, outcome: Outcome): void {
  try {
    Promise.resolve(discard(outcome)).catch(() => {});
  } catch {
    // As above.
  }
}
