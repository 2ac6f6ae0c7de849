/**
 * When the halves of a window turn: what counts in the newer half counts in the older one then, and what counted there no more. So
 * it counts for at least half a window and at most a whole one, however seldom anybody asks.
 */
export class WindowHalves {
  #halfMs: number;
  #turnsAt: number;

  constructor(windowMs: number, now: number) {
    this.#halfMs = windowMs / 2;
    this.#turnsAt = now + this.#halfMs;
  }

  /** How often they have turned since this was last asked; 2 stands for any more: then nothing is left. */
  turns(now: number): 0 | 1 | 2 {
    if (now < this.#turnsAt) return 0;
    const once = now < this.#turnsAt + this.#halfMs;
    this.#turnsAt = (once ? this.#turnsAt : now) + this.#halfMs;
    return once ? 1 : 2;
  }

  /** Another length. Of the present half no more is left than a whole new one. Ask for `turns` first. */
  resize(windowMs: number, now: number): void {
    this.#halfMs = windowMs / 2;
    this.#turnsAt = Math.min(this.#turnsAt, now + this.#halfMs);
  }
}
