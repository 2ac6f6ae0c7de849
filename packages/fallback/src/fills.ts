/** Runs of one key that overlap. Their answers may be kept, unless the key is invalidated before. */
export interface Fill {
  readonly key: string;
  /** Under way. */
  runs: number;
  /** So far: the number of the latest. */
  begun: number;
  /** The number of the latest whose answer was kept. */
  kept: number;
  invalid: boolean;
}

/**
 * The runs under way, by key, so that one that began before its key was deleted does not bring back what the deletion was about.
 * Bounded by the number of calls.
 */
export class Fills {
  readonly #running = new Map<string, Fill>();

  begin(key: string): Fill {
    let fill = this.#running.get(key);
    if (fill === undefined) this.#running.set(key, (fill = { key, runs: 0, begun: 0, kept: 0, invalid: false }));
    fill.runs++;
    fill.begun++;
    return fill;
  }

  end(fill: Fill): void {
    if (--fill.runs === 0 && !fill.invalid) this.#running.delete(fill.key);
  }

  /** What runs for this key now comes too late; what begins from now on does not. */
  invalidate(key: string): void {
    const fill = this.#running.get(key);
    if (fill === undefined) return;
    fill.invalid = true;
    this.#running.delete(key);
  }

  invalidateAll(): void {
    for (const key of this.#running.keys()) this.invalidate(key);
  }
}
