import type { CallContext } from './policy.ts';

/** How an attempt ended, for a classifier. */
export interface Ending {
  readonly threw: boolean;
  readonly value: unknown;
  readonly error: unknown;
}

/**
 * Says what an ending tells about the dependency; `undefined` leaves it to the default: a value is a success, an error a failure.
 * Not asked about the caller's aborts, our own refusals and our own time-outs, which speak for themselves.
 */
export type Classify = (ending: Ending, call: CallContext) => ClassifiedKind | undefined;

export type ClassifiedKind = 'success' | 'failure' | 'ignored';

const KINDS: readonly unknown[] = ['success', 'failure', 'ignored', undefined] satisfies (ClassifiedKind | undefined)[];

/**
 * What a classifier answered, if it may.
 * @throws {TypeError} saying what it may.
 */
export function checkKind(answer: ClassifiedKind | undefined): ClassifiedKind | undefined {
  if (KINDS.includes(answer)) return answer;
  throw new TypeError(`classify must answer 'success', 'failure', 'ignored' or undefined, at once; got ${String(answer)}`);
}
