import { elapsedMs, jumpMs } from './instant.ts';
import type { Instant } from './instant.ts';

/**
 * How far a leader may trust its term.
 * - `held`: nobody else can hold the lease yet.
 * - `uncertain`: the wall clock has run ahead of the monotonic one, so either it was set, or the machine slept and the lease may be
 *   gone. Only a successful renewal tells.
 * - `lapsed`: the time is up. Final: a term never survives it.
 */
export type Validity = 'held' | 'uncertain' | 'lapsed';

export interface ValidityLimits {
  /** For how long a renewal is trusted, from the moment its request was sent. */
  readonly renewDeadlineMs: number;
  /** How far the wall clock may run ahead of the monotonic one before a term is uncertain. */
  readonly clockJumpMs: number;
}

/**
 * @param confirmed when the last successful renewal was *sent*. Counting from its answer would give the time the answer took to
 * both the leader and its challengers, who count from when they saw it.
 */
export function validityAt(confirmed: Instant, at: Instant, { renewDeadlineMs, clockJumpMs }: ValidityLimits): Validity {
  // By the very sum it is woken at: a difference may be rounded to less, and it would be woken for ever.
  if (at.monoMs >= confirmed.monoMs + renewDeadlineMs) return 'lapsed';
  if (jumpMs(confirmed, at) > clockJumpMs) return 'uncertain';
  return elapsedMs(confirmed, at) >= renewDeadlineMs ? 'lapsed' : 'held';
}

/** Milliseconds for which the term is still held if neither a renewal nor a jump of the clock comes; 0 when it is not held. */
export function remainingMsAt(confirmed: Instant, at: Instant, limits: ValidityLimits): number {
  return validityAt(confirmed, at, limits) === 'held' ? limits.renewDeadlineMs - elapsedMs(confirmed, at) : 0;
}
