/**
 * How much of a timer's own delay the loop must have been blocked beyond its time, for the timer to say nothing about what it
 * waited for. After a shorter block, what was waited for had most of its time, and its reply would be there by now; if every hiccup of
 * a busy loop excused it, no circuit would open when it matters most.
 */
const STALLED_RATIO = 0.5;

/** Whether a timer came due in a stall that ended at `stalledUntil`, and that was long in comparison. */
export function cameDueInStall(dueAt: number, delayMs: number, stalledUntil: number): boolean {
  return dueAt < stalledUntil && stalledUntil - dueAt >= delayMs * STALLED_RATIO;
}
