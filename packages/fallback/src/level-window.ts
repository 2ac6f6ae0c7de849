import type { OutcomeKind } from '@holdfast/core';

const SLICES = 10;
/** Served, slow, failed and refused calls of one slice lie side by side. */
const WIDTH = 4;
const [SERVED, SLOW, FAILED, REFUSED] = [0, 1, 2, 3] as const;

/** How calls ended that ran the inside. A slow answer was served, too. */
export interface LevelCounts {
  readonly served: number;
  readonly slow: number;
  readonly failed: number;
  readonly refused: number;
}

/**
 * How the calls of the last `durationMs` that ran the inside have ended, in ten slices, so each is forgotten after nine to ten tenths
 * of it. Unlike a circuit breaker's window it counts refusals as well: whoever was refused was not served, whoever is to blame.
 */
export class LevelWindow implements LevelCounts {
  /**
   * Calls begun that may still show how well the level serves, and those that have shown it: what ended in a way that shows nothing is
   * taken out again. Since the last `reset`, not over the window.
   */
  tried: number = 0;
  /** Whether any was served, since the last `reset`. */
  proven: boolean = false;
  #sliceMs: number;
  readonly #ring: number[] = new Array<number>(SLICES * WIDTH).fill(0);
  readonly #totals: number[] = new Array<number>(WIDTH).fill(0);
  /** The present slice, counted from time 0. */
  #tick: number;

  constructor(durationMs: number, nowMs: number) {
    this.#sliceMs = durationMs / SLICES;
    this.#tick = Math.floor(nowMs / this.#sliceMs);
  }

  get served(): number {
    return this.#totals[SERVED]!;
  }
  get slow(): number {
    return this.#totals[SLOW]!;
  }
  get failed(): number {
    return this.#totals[FAILED]!;
  }
  get refused(): number {
    return this.#totals[REFUSED]!;
  }

  add(kind: OutcomeKind, nowMs: number): void {
    this.expire(nowMs);
    if (kind === 'success' || kind === 'slow') {
      this.proven = true;
      this.#count(SERVED);
      if (kind === 'slow') this.#count(SLOW);
    } else if (kind === 'failure') this.#count(FAILED);
    else if (kind === 'rejected') this.#count(REFUSED);
    else this.tried--;
  }

  /** Forgets what is too old: the counts are true at `nowMs` after this, and after `add`. */
  expire(nowMs: number): void {
    const tick = Math.floor(nowMs / this.#sliceMs);
    for (let steps = Math.min(tick - this.#tick, SLICES); steps > 0; steps--) {
      this.#clear(tick - steps + 1);
    }
    this.#tick = Math.max(this.#tick, tick);
  }

  reset(): void {
    this.tried = 0;
    this.proven = false;
    this.#ring.fill(0);
    this.#totals.fill(0);
  }

  /** Changes the length. What was counted stays, as if it had been counted now: nothing is forgotten too early. */
  resize(durationMs: number, nowMs: number): void {
    this.expire(nowMs);
    this.#sliceMs = durationMs / SLICES;
    this.#tick = Math.floor(nowMs / this.#sliceMs);
    this.#ring.fill(0);
    this.#totals.forEach((total, index) => (this.#ring[at(this.#tick, index)] = total));
  }

  #count(what: number): void {
    this.#ring[at(this.#tick, what)]!++;
    this.#totals[what]!++;
  }

  #clear(tick: number): void {
    for (let what = 0; what < WIDTH; what++) {
      this.#totals[what]! -= this.#ring[at(tick, what)]!;
      this.#ring[at(tick, what)] = 0;
    }
  }
}

/** Where in the ring. A clock may start below zero. */
const at = (tick: number, what: number): number => (((tick % SLICES) + SLICES) % SLICES) * WIDTH + what;
