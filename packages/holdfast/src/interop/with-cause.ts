/** Says of a refusal of ours what the other library said. Not shown among the error's own properties, as in `new Error('…', { cause })`. */
export function withCause<E extends Error>(error: E, cause: unknown): E {
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
}
