import type { Meter, RateLimits } from './meter.ts';

/**
 * A bucket of `burst` tokens that begins full and gains `limit` of them in each `perMs`. In any stretch of time it gives out at most
 * `burst` plus what came in meanwhile; with a burst of 1 there is at least one interval, `perMs / limit`, between two permits.
 *
 * It is kept as the theoretical arrival time: when the bucket is full again. Nothing is refilled, so nothing can stop refilling, and
 * idle time makes no more than a full bucket. That time is held as a start and the permits taken since: their number is whole, so
 * however many are taken, no rounding adds up to a drift.
 * @see ITU-T I.371, annex A: the generic cell rate algorithm, here in its virtual scheduling form
 */
export class TokenBucket implements Meter {
  readonly reach: number = Number.POSITIVE_INFINITY;
  #burst: number;
  /** Milliseconds from one token to the next. */
  #intervalMs: number;
  /** It is full again `#taken` intervals after `#since`. */
  #since: number = Number.NEGATIVE_INFINITY;
  #taken: number = 0;

  constructor({ limit, perMs, burst = limit }: RateLimits) {
    this.#burst = burst;
    this.#intervalMs = perMs / limit;
  }

  get capacity(): number {
    return this.#burst;
  }

  available(now: number): number {
    const fullAt = this.#fullAt;
    return fullAt <= now ? this.#burst : this.#burst - (fullAt - now) / this.#intervalMs;
  }

  take(permits: number, now: number): boolean {
    if (this.#fullAt <= now) {
      this.#since = now;
      this.#taken = 0;
    } else if (this.#reaches(permits) > now) return false;
    this.#taken += permits;
    return true;
  }

  freeAt(permits: number, from: number): number {
    if (this.#fullAt > from) return Math.max(from, this.#reaches(permits));
    return from + Math.max(0, permits - this.#burst) * this.#intervalMs;
  }

  /** As time fills the bucket, too, only what it has not yet filled since then comes back: else a full one would gain a token. */
  giveBack(permits: number, takenAt: number, now: number): void {
    if (takenAt < this.#since) return; // it has been full since, or was resized
    this.#taken -= Math.max(0, permits - (now - takenAt) / this.#intervalMs);
  }

  drain(now: number): void {
    this.#hold(0, now);
  }

  /** The tokens that are there stay, up to the new burst; a greater burst is filled at the new rate. */
  resize({ limit, perMs, burst = limit }: RateLimits, now: number): void {
    const tokens = this.available(now);
    this.#burst = burst;
    this.#intervalMs = perMs / limit;
    this.#hold(Math.min(tokens, burst), now);
  }

  copy(): TokenBucket {
    const copy = new TokenBucket({ limit: 1, perMs: this.#intervalMs, burst: this.#burst });
    copy.#since = this.#since;
    copy.#taken = this.#taken;
    return copy;
  }

  get #fullAt(): number {
    return this.#since + this.#taken * this.#intervalMs;
  }

  /** When so many tokens have come, while the bucket is not full. */
  #reaches(permits: number): number {
    return this.#since + (this.#taken + permits - this.#burst) * this.#intervalMs;
  }

  #hold(tokens: number, now: number): void {
    this.#since = now;
    this.#taken = this.#burst - tokens;
  }
}
