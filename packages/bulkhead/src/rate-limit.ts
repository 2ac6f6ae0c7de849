import type { Clock, Guard } from '@holdfast/core';
import type { RateLimits } from './meter.ts';
import { RateGuard } from './rate-guard.ts';
import type { RateLimitOptions, RateLimitUpdate } from './rate-limit-options.ts';

/** A rate limit at one moment, as plain JSON. */
export interface RateLimitSnapshot {
  readonly policy: string;
  readonly kind: 'rateLimit';
  readonly limit: number;
  readonly perMs: number;
  /** Of a token bucket. */
  readonly burst?: number;
  /** How long a call may wait; can be `Infinity`. */
  readonly maxWaitMs: number;
  /** Calls that may wait; 0 when none may. */
  readonly queue: number;
  /** What could be admitted at once now; 0 while it is paused. */
  readonly permits: number;
  /** Calls that wait. */
  readonly queued: number;
  /** How long the first of them has waited, in milliseconds; 0 if none waits. */
  readonly oldestWaitMs: number;
  /** For how long nobody is admitted yet, because of an outcome that asked for it; 0 if not. */
  readonly pausedMs: number;
  /** Calls that got their permits so far, at once or in their turn; */
  readonly admitted: number;
  /** those refused with a {@link RateLimitedError}; */
  readonly refused: number;
  /** and outcomes for which `drainOn` said that we are too fast. */
  readonly drained: number;
}

export interface RateLimit extends Guard {
  readonly name: string;
  readonly clock: Clock;
  /**
   * Changes the limits named and keeps the others. What was taken stays taken and permits go on coming, at the new rate; a greater
   * burst is not filled at once. Who waits keeps its place, but one whose turn would now come too late is refused then and there.
   * @throws {ConfigError} for limits out of range, or a `burst` for a window; then nothing is changed.
   */
  resize(limits: Partial<RateLimits>): void;
  /** For `pipeline.update()`; what `resize` says of limits holds here, too. Changes everything but `name` and `clock`. */
  prepareUpdate(options: RateLimitUpdate): () => void;
  snapshot(): RateLimitSnapshot;
}

/**
 * Admits so many calls per time, at once or in their turn. Without `burst` a sliding window: in no stretch of `perMs` more than `limit`
 * permits. With it a token bucket: `limit` in each `perMs` in the long run, and up to `burst` at once after a pause.
 *
 * Turns go by arrival, and nobody is overtaken. Nobody holds permits while waiting: the turn is reckoned from who is ahead, so when one
 * is cancelled it leaves at once, and all behind it come sooner. A call whose turn would come too late for `maxWaitMs` or its own
 * deadline does not wait in vain.
 *
 * Rejects with {@link RateLimitedError}, which has the `reason`, and whose `retryAfterMs` is when there would be a permit, rounded up to the next whole
 * millisecond, as far as is known: others may come before, and those who wait may leave.
 *
 * It counts calls as they are admitted, also those that a policy further in then refuses: put it inside the circuit breaker. It holds
 * in this process alone. Timers are a millisecond apart at best, so that calls which wait for an evenly spaced rate of more than some
 * hundred a second are let through more slowly.
 * @throws {ConfigError} for options out of range, or at odds with each other.
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  return new RateGuard(options);
}
