import { WindowHalves } from './window-halves.ts';

export interface PoolsOptions {
  readonly windowMs: number;
  readonly minPerSecond: number;
  readonly reserve: number;
}

/** Sums of tenths are not exact: ten deposits of 0.1 must be enough for one token. */
const ROUNDING = 1e-9;

/**
 * The arithmetic of a retry budget: earned tokens, which expire, and a reserve that time refills. Never below zero. Earned tokens
 * lie in two halves of a window, and the older half is dropped as a whole: a token lives between half a window and a whole one.
 */
export class TokenPools {
  readonly #halves: WindowHalves;
  #perMs: number;
  #fullReserve: number;
  #newer: number = 0;
  #older: number = 0;
  #reserve: number;
  #refilledAt: number;

  constructor({ windowMs, minPerSecond, reserve }: PoolsOptions, now: number) {
    this.#halves = new WindowHalves(windowMs, now);
    this.#perMs = minPerSecond / 1_000;
    this.#fullReserve = reserve;
    this.#reserve = reserve;
    this.#refilledAt = now;
  }

  earn(tokens: number, now: number): void {
    this.#turn(now);
    this.#newer += tokens;
  }

  /** Takes all or nothing, what expires first first. */
  take(tokens: number, now: number): boolean {
    if (this.available(now) + ROUNDING < tokens) return false;
    const ofOlder = Math.min(tokens, this.#older);
    const ofNewer = Math.min(tokens - ofOlder, this.#newer);
    this.#older -= ofOlder;
    this.#newer -= ofNewer;
    this.#reserve = Math.max(0, this.#reserve - (tokens - ofOlder - ofNewer));
    return true;
  }

  /** Fills the reserve, where they may have come from, before they count as earned. */
  giveBack(tokens: number, now: number): void {
    this.available(now);
    const toReserve = Math.min(tokens, this.#fullReserve - this.#reserve);
    this.#reserve += toReserve;
    this.#newer += tokens - toReserve;
  }

  available(now: number): number {
    this.#turn(now);
    const refill = Math.max(0, now - this.#refilledAt) * this.#perMs;
    this.#reserve = Math.min(this.#fullReserve, this.#reserve + refill);
    this.#refilledAt = now;
    return this.#older + this.#newer + this.#reserve;
  }

  /**
   * Changes the sizes, and makes no token: a reserve above its new size is cut, one below it is filled by time alone, and what is
   * earned is kept in the share `keptRatio`.
   */
  resize({ windowMs, minPerSecond, reserve }: PoolsOptions, keptRatio: number, now: number): void {
    this.available(now); // what was due so far comes at the old rate
    this.#halves.resize(windowMs, now);
    this.#perMs = minPerSecond / 1_000;
    this.#fullReserve = reserve;
    this.#reserve = Math.min(reserve, this.#reserve);
    this.#older *= keptRatio;
    this.#newer *= keptRatio;
  }

  #turn(now: number): void {
    const turns = this.#halves.turns(now);
    if (turns === 0) return;
    this.#older = turns === 1 ? this.#newer : 0;
    this.#newer = 0;
  }
}
