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
  readonly #halfMs: number;
  readonly #perMs: number;
  readonly #fullReserve: number;
  #newer: number = 0;
  #older: number = 0;
  #turnsAt: number;
  #reserve: number;
  #refilledAt: number;

  constructor({ windowMs, minPerSecond, reserve }: PoolsOptions, now: number) {
    this.#halfMs = windowMs / 2;
    this.#perMs = minPerSecond / 1_000;
    this.#fullReserve = reserve;
    this.#reserve = reserve;
    this.#turnsAt = now + this.#halfMs;
    this.#refilledAt = now;
  }

  earn(tokens: number, now: number): void {
    if (now >= this.#turnsAt) this.#turn(now);
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
    if (now >= this.#turnsAt) this.#turn(now);
    const refill = Math.max(0, now - this.#refilledAt) * this.#perMs;
    this.#reserve = Math.min(this.#fullReserve, this.#reserve + refill);
    this.#refilledAt = now;
    return this.#older + this.#newer + this.#reserve;
  }

  #turn(now: number): void {
    this.#older = now < this.#turnsAt + this.#halfMs ? this.#newer : 0;
    this.#newer = 0;
    this.#turnsAt = now + this.#halfMs;
  }
}
