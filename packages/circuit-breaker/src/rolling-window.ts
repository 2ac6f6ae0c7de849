import type { RanKind, Window } from './tally.ts';

const SLICES = 10;
/** Calls, failures and slow calls of one slice lie side by side. */
const WIDTH = 3;

/** What one slice holds, and how long ago it began. */
export interface Slice {
  readonly ageMs: number;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/**
 * The calls of the last `durationMs`, in ten slices: a call is forgotten with its slice, so after nine to ten tenths of
 * `durationMs`, and never later. Slices expire when the window is read or written, whatever the time since; nothing runs between.
 *
 * The ring is one plain array of small integers. It takes half the memory of a typed array of this length, which carries a buffer
 * object of its own.
 */
export class RollingWindow implements Window {
  calls: number = 0;
  failures: number = 0;
  slow: number = 0;
  readonly #sliceMs: number;
  readonly #ring: number[] = new Array<number>(SLICES * WIDTH).fill(0);
  /** The present slice, counted from time 0, and where it lies in the ring. */
  #tick: number;
  #slot: number = 0;

  constructor(durationMs: number, nowMs: number) {
    this.#sliceMs = durationMs / SLICES;
    this.#tick = Math.floor(nowMs / this.#sliceMs);
  }

  add(kind: RanKind, nowMs: number): void {
    this.expire(nowMs);
    const at = this.#slot * WIDTH;
    this.#ring[at]!++;
    this.calls++;
    if (kind === 'failure') {
      this.#ring[at + 1]!++;
      this.failures++;
    } else if (kind === 'slow') {
      this.#ring[at + 2]!++;
      this.slow++;
    }
  }

  expire(nowMs: number): void {
    if (nowMs >= (this.#tick + 1) * this.#sliceMs) this.#turn(nowMs); // asked of every call: no division
  }

  #turn(nowMs: number): void {
    const tick = Math.floor(nowMs / this.#sliceMs);
    for (let steps = Math.min(tick - this.#tick, SLICES); steps > 0; steps--) {
      this.#slot = (this.#slot + 1) % SLICES;
      this.#forget(this.#slot * WIDTH);
    }
    this.#tick = tick;
  }

  /** The slices that hold anything, newest first. */
  slices(nowMs: number): Slice[] {
    this.expire(nowMs);
    const slices: Slice[] = [];
    for (let back = 0; back < SLICES; back++) {
      const at = this.#slotBack(back) * WIDTH;
      const [calls, failures, slow] = this.#ring.slice(at, at + WIDTH) as [number, number, number];
      const ageMs = Math.max(0, nowMs - (this.#tick - back) * this.#sliceMs);
      if (calls > 0) slices.push({ ageMs, calls, failures, slow });
    }
    return slices;
  }

  /** Adds what another window has counted; what is older than this window reaches is left out. */
  restore(slices: readonly Slice[], nowMs: number): void {
    this.expire(nowMs);
    for (const { ageMs, calls, failures, slow } of slices) this.#add(nowMs - ageMs, calls, failures, slow);
  }

  /**
   * A window of another length, with what of these calls it reaches back to. Each is taken to be as old as its slice, so none is
   * remembered for longer than it should be; what this window has forgotten already a longer one does not know either.
   */
  resized(durationMs: number, nowMs: number): RollingWindow {
    this.expire(nowMs);
    const resized = new RollingWindow(durationMs, nowMs);
    for (let back = 0; back < SLICES; back++) {
      const at = this.#slotBack(back) * WIDTH;
      resized.#add((this.#tick - back) * this.#sliceMs, this.#ring[at]!, this.#ring[at + 1]!, this.#ring[at + 2]!);
    }
    return resized;
  }

  /** Adds calls of an earlier time, unless it is too long ago. */
  #add(atMs: number, calls: number, failures: number, slow: number): void {
    const back = Math.max(0, this.#tick - Math.floor(atMs / this.#sliceMs));
    if (back < SLICES) this.#count(this.#slotBack(back), calls, failures, slow);
  }

  /** By taking away, not by adding what is negated: -0 is no small integer, and would make numbers on the heap of all of them. */
  #forget(at: number): void {
    this.calls -= this.#ring[at]!;
    this.failures -= this.#ring[at + 1]!;
    this.slow -= this.#ring[at + 2]!;
    this.#ring.fill(0, at, at + WIDTH);
  }

  #slotBack(slices: number): number {
    return (this.#slot - slices + SLICES) % SLICES;
  }

  #count(slot: number, calls: number, failures: number, slow: number): void {
    const at = slot * WIDTH;
    this.#ring[at]! += calls;
    this.#ring[at + 1]! += failures;
    this.#ring[at + 2]! += slow;
    this.calls += calls;
    this.failures += failures;
    this.slow += slow;
  }
}
