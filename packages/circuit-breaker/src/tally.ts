import type { OutcomeKind } from '@holdfast/core';

/** The kinds a circuit judges by: calls that really ran, and whose ending says something about the dependency. */
export type RanKind = Extract<OutcomeKind, 'success' | 'slow' | 'failure'>;

/** How many calls, and how many of them were bad. A call is counted once: a failed one that was slow, too, has failed. */
export interface Counts {
  /** All that ran: successes, slow answers and failures. Every ratio is taken over these. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** What a circuit remembers of its calls while it is closed. */
export interface Window extends Counts {
  /** @param nowMs monotonic; an earlier time than the last one counts as the last one. */
  add(kind: RanKind, nowMs: number): void;
  /** Forgets what is too old. The counts are true at `nowMs` after this, and after `add`. */
  expire(nowMs: number): void;
}

/** Counts without forgetting. */
export class Tally implements Counts {
  calls: number = 0;
  failures: number = 0;
  slow: number = 0;

  add(kind: RanKind): void {
    this.calls++;
    if (kind === 'failure') this.failures++;
    else if (kind === 'slow') this.slow++;
  }
}

/** Narrows to what is counted: nothing is learnt from calls that were ignored, cancelled, rejected or stalled. */
export function hasRun(kind: OutcomeKind): kind is RanKind {
  return kind === 'success' || kind === 'slow' || kind === 'failure';
}

/** A share of the calls; 0 of none, so that it is always a number and always JSON. */
export function shareOf(part: number, calls: number): number {
  return calls === 0 ? 0 : part / calls;
}
