import { withoutStack } from './errors.ts';

/** Why something was cancelled decides how the attempt that ran is classified. */
export type CancelKind = 'cancelled' | 'failure' | 'stalled';

/** What is told when the call around it is cancelled. */
export interface CancelTarget {
  cancelledAround(reason: unknown, kind: CancelKind, cooperative: boolean): void;
}

/** That something was cancelled, and how. */
export class Cancellation {
  /** What is deeper than this is cancelled; of no meaning in a context, which is cancelled as a whole. */
  depth: number;
  reason: unknown;
  kind: CancelKind;
  /** Whether a running operation is told and waited for, rather than left behind. */
  cooperative: boolean;

  constructor(depth: number, reason: unknown, kind: CancelKind, cooperative: boolean) {
    this.depth = depth;
    this.reason = reason;
    this.kind = kind;
    this.cooperative = cooperative;
  }

  /** Another cancellation, of what was cancelled or of more. */
  join(depth: number, reason: unknown, kind: CancelKind, cooperative: boolean): void {
    if (depth < this.depth) this.depth = depth;
    this.reason = reason;
    // Whatever ends next while a stall is unwound, the attempt was stalled.
    this.kind = this.kind === 'stalled' && kind === 'failure' ? 'stalled' : kind;
    this.cooperative &&= cooperative;
  }
}

/** The depth of what holds for all stages: the caller's signal and time-out. */
export const OUTSIDE: number = -1;
/** Deeper than any stage: nothing is cancelled. */
export const NOWHERE: number = 0x3fffffff;

/** What a wait that a cancellation ends is rejected with. Why it ended stands in its frame, and may change until it is unwound. */
export const INTERRUPTED: Error = withoutStack(() => new Error('interrupted'));
