import { isPromise } from './store-access.ts';

/** Makes another of an answer, at once. */
export type Clone<T = unknown> = (value: T) => T;

/**
 * The answer itself where no copies are made.
 * @throws {TypeError} for a promise of a copy, which would be handed on in place of the answer.
 */
export function copyOf(value: unknown, clone: Clone | undefined): unknown {
  if (clone === undefined) return value;
  const copy = clone(value);
  if (!isPromise(copy)) return copy;
  copy.then(undefined, () => {}); // nobody is left to hear that it failed
  throw new TypeError('clone must give the copy at once, not a promise of it');
}
