/** Whether it can be awaited: a promise of this realm or another, or what behaves like one. */
export function isThenable<T = unknown>(value: unknown): value is PromiseLike<T> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
