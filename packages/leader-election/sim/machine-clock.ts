import type { Instant } from '../src/elector/instant.ts';

/** The two clocks of a machine: at a speed of their own, the monotonic one still while it sleeps, the wall clock set at will. */
export class MachineClock {
  /** Milliseconds on both clocks for each true one. */
  readonly rate: number;
  asleep = false;
  #monoMs: number;
  #wallMs: number;
  /** True time of the two above. */
  #setAtMs = 0;

  constructor(rate: number, monoMs: number, wallMs: number) {
    this.rate = rate;
    this.#monoMs = monoMs;
    this.#wallMs = wallMs;
  }

  at(nowMs: number): Instant {
    const passedMs = (nowMs - this.#setAtMs) * this.rate;
    return { monoMs: this.#monoMs + (this.asleep ? 0 : passedMs), wallMs: this.#wallMs + passedMs };
  }

  fallAsleep(nowMs: number): void {
    this.stepWall(nowMs, 0);
    this.asleep = true;
  }

  wakeUp(nowMs: number): void {
    this.stepWall(nowMs, 0);
    this.asleep = false;
  }

  stepWall(nowMs: number, byMs: number): void {
    const { monoMs, wallMs } = this.at(nowMs);
    this.#monoMs = monoMs;
    this.#wallMs = wallMs + byMs;
    this.#setAtMs = nowMs;
  }
}
