/** One moment on both clocks of a process, in milliseconds. The monotonic one may stand still while the machine sleeps; the wall clock may jump. */
export interface Instant {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** The time since `start`, by the clock that says more: no step of the wall clock backwards and no suspended machine makes it less. */
export function elapsedMs(start: Instant, at: Instant): number {
  return Math.max(at.monoMs - start.monoMs, at.wallMs - start.wallMs);
}

/** By how much more the wall clock has moved than the monotonic one: the machine was suspended, or the wall clock was set forward. */
export function jumpMs(start: Instant, at: Instant): number {
  return at.wallMs - start.wallMs - (at.monoMs - start.monoMs);
}
