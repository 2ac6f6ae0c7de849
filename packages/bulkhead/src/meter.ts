/** How much a rate limit admits. */
export interface RateLimits {
  /** Permits in each `perMs`; a whole number of at least 1. */
  readonly limit: number;
  /** Milliseconds, above 0. */
  readonly perMs: number;
  /** The most permits at once, for a token bucket; `undefined` for a sliding window. */
  readonly burst: number | undefined;
}

/**
 * Keeps account of permits taken, and says when there are more: no clock, no promise, no waiter. Times are monotonic milliseconds
 * handed in, none before that of an earlier call.
 */
export interface Meter {
  /** The most permits one call can have. */
  readonly capacity: number;
  /** Up to so many permits, `freeAt` holds however they are split among calls; beyond, if each call takes one. */
  readonly reach: number;
  /** Permits that could be taken now, with fractions; below 0 after more were taken than a lowered limit allows. */
  available(now: number): number;
  /** Takes so many permits, at most `capacity`, if they are there. */
  take(permits: number, now: number): boolean;
  /**
   * When the last of so many permits is there, if from `from` on each is taken as soon as it can be; `from` if all are there by then.
   * {@link take} succeeds at that time, and not before.
   */
  freeAt(permits: number, from: number): number;
  /** For permits taken at `takenAt` and not used: makes them free again, as far as time has not done so already. */
  giveBack(permits: number, takenAt: number, now: number): void;
  /** Takes all that is there. */
  drain(now: number): void;
  /** Goes on under other limits. What was taken stays taken, and nothing comes back for free. */
  resize(limits: RateLimits, now: number): void;
  /** One that goes on from here by itself, to look ahead with. */
  copy(): Meter;
}
