import type { Write } from './messages.ts';

/** A write as it came to the resource. */
export interface Attempt extends Omit<Write, 'type' | 'id'> {
  readonly member: string;
  readonly accepted: boolean;
}

/** The work of one term, as the member that led told it. */
export interface Stretch {
  readonly member: string;
  readonly token: bigint;
  readonly beganMs: number;
  /** `undefined` while it goes on, and if the member was killed. */
  readonly settledMs: number | undefined;
}

/** What happened in a run, each list in the order in which it arrived. */
export interface Journal {
  readonly attempts: readonly Attempt[];
  readonly stretches: readonly Stretch[];
}
