import type { Meter, RateLimits } from './meter.ts';

/** A greater limit is kept in so many slices of `perMs`; a smaller one permit by permit. */
const SLICES = 1_024;

/**
 * A window of `perMs` that slides: in no stretch of that length, wherever it begins, are more than `limit` permits taken. So it keeps
 * within the limit of another side that counts by the clock's seconds, by a window or by a bucket of that size, whichever it does.
 * A permit comes back `perMs` after it was taken.
 *
 * It is exact, at the price of a note of each permit. Of a limit above 1 024, permits within a thousandth of `perMs` are noted as
 * one, as of the latest: then a permit comes back by so much later, never earlier, and the notes are at most 1 025.
 */
export class SlidingWindow implements Meter {
  #limit: number;
  #perMs: number;
  /** When permits were taken, oldest first from `#first` on, */
  #times: number[] = [];
  /** and how many then. */
  #counts: number[] = [];
  #first = 0;
  /** The sum of the counts from `#first` on. */
  #used = 0;

  constructor({ limit, perMs }: RateLimits) {
    this.#limit = limit;
    this.#perMs = perMs;
  }

  get capacity(): number {
    return this.#limit;
  }
  get reach(): number {
    return this.#limit;
  }

  available(now: number): number {
    this.#forget(now);
    return this.#limit - this.#used;
  }

  take(permits: number, now: number): boolean {
    if (this.available(now) < permits) return false;
    this.#note(permits, now);
    return true;
  }

  freeAt(permits: number, from: number): number {
    const last = ((permits - 1) % this.#limit) + 1;
    const windows = (permits - last) / this.#limit;
    const at = this.#comesBackAt(this.#used + last - this.#limit, from);
    return windows === 0 ? at : this.#noted(at) + windows * this.#perMs;
  }

  giveBack(permits: number, takenAt: number): void {
    const index = this.#times.findIndex((at, i) => i >= this.#first && at >= takenAt);
    if (index < 0 || this.#counts[index]! < permits) return; // it came back by itself
    this.#counts[index]! -= permits;
    this.#used -= permits;
  }

  drain(now: number): void {
    const rest = this.available(now);
    if (rest > 0) this.#note(rest, now);
  }

  /** All that was taken within the new `perMs` counts, as far back as the old one remembers. */
  resize({ limit, perMs }: RateLimits, now: number): void {
    this.#forget(now);
    this.#limit = limit;
    this.#perMs = perMs;
  }

  copy(): SlidingWindow {
    const copy = new SlidingWindow({ limit: this.#limit, perMs: this.#perMs, burst: undefined });
    copy.#times = this.#times.slice(this.#first);
    copy.#counts = this.#counts.slice(this.#first);
    copy.#used = this.#used;
    return copy;
  }

  /** When so many of the permits taken have come back. */
  #comesBackAt(permits: number, from: number): number {
    if (permits <= 0) return from;
    let index = this.#first;
    for (let back = this.#counts[index]!; back < permits; back += this.#counts[index]!) index++;
    return Math.max(from, this.#times[index]! + this.#perMs);
  }

  #note(permits: number, now: number): void {
    const at = this.#noted(now);
    const last = this.#times.length - 1;
    // A resize may have changed the slices: the notes stay in order all the same.
    if (last >= this.#first && this.#times[last]! >= at) this.#counts[last]! += permits;
    else {
      this.#times.push(at);
      this.#counts.push(permits);
    }
    this.#used += permits;
  }

  /** The time a permit is noted with: its own, or the end of its slice. */
  #noted(at: number): number {
    if (this.#limit <= SLICES) return at;
    const sliceMs = this.#perMs / SLICES;
    return Math.max(at, Math.ceil(at / sliceMs) * sliceMs);
  }

  #forget(now: number): void {
    const times = this.#times;
    while (this.#first < times.length && times[this.#first]! + this.#perMs <= now) this.#used -= this.#counts[this.#first++]!;
    if (this.#first * 2 <= times.length) return;
    // Only when most are forgotten, so that it costs each permit next to nothing.
    for (const notes of [times, this.#counts]) {
      notes.copyWithin(0, this.#first);
      notes.length -= this.#first;
    }
    this.#first = 0;
  }
}
