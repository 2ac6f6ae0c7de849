import { withoutStack } from './errors.ts';

/** Why something was cancelled decides how the attempt that ran is classified. */
export type CancelKind = 'cancelled' | 'failure' | 'stalled';

/** What is told when the call around it is cancelled. */
export interface CancelTarget {
  cancelledAround(reason: unknown, kind: CancelKind, cooperative: boolean): void;
}

/** The depth of what holds for all stages: the caller's signal and time-out. */
export const OUTSIDE: number = -1;
/** Deeper than any stage: nothing is cancelled. */
export const NOWHERE: number = 0x3fffffff;

/** What a wait that a cancellation ends is rejected with. Why it ended stands in its frame, and may change until it is unwound. */
export const INTERRUPTED: Error = withoutStack(() => new Error('interrupted'));
