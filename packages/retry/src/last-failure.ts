import type { Outcome } from '@holdfast/core';

/** Whether an attempt that ended so may have got as far as the dependency. */
export const reached = ({ kind, ran }: Outcome): boolean => ran && kind !== 'rejected';

/**
 * How a call ends whose attempts all fail. Of several failures the last one tells most about the dependency as it is now. But a refusal
 * of our own tells nothing about it, and must not stand for an attempt that failed; and a wish to be left alone must reach a retry
 * around us.
 */
export class LastFailure {
  outcome: Outcome | undefined = undefined;
  #wish: boolean = false;

  /**
   * @param wish whether the other side asks to be left alone.
   * @returns the outcome that gives way: the one before, or this one.
   */
  offer(outcome: Outcome, wish: boolean): Outcome | undefined {
    const { outcome: before } = this;
    if (before !== undefined && reached(before) && (!reached(outcome) || (this.#wish && !wish))) return outcome;
    this.outcome = outcome;
    this.#wish = wish;
    return before;
  }
}
