import type { Leader } from './leader.ts';

/** The leaders of an election as they come, for any number of readers. Each gets the latest: one who is slow misses what was in between. */
export class LeaderFeed {
  readonly #readers = new Set<() => void>();
  #ends = 0;

  get isEmpty(): boolean {
    return this.#readers.size === 0;
  }

  changed(): void {
    for (const wake of this.#readers) wake();
  }

  /** Ends the reading of all who read now. */
  end(): void {
    this.#ends++;
    this.changed();
    this.#readers.clear();
  }

  /** @param known whether there is a leader, or none, to begin with; otherwise the first reading is awaited. */
  async *read(
    latest: () => Leader | undefined,
    known: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Leader | undefined, void> {
    const ends = this.#ends;
    let fresh = Promise.withResolvers<void>();
    const onChange = (): void => fresh.resolve();
    if (known) onChange();
    this.#readers.add(onChange);
    signal?.addEventListener('abort', onChange);
    try {
      for (;;) {
        await fresh.promise;
        if (signal?.aborted === true || ends !== this.#ends) return;
        fresh = Promise.withResolvers();
        yield latest();
      }
    } finally {
      this.#readers.delete(onChange);
      signal?.removeEventListener('abort', onChange);
    }
  }
}
