interface Entry {
  readonly ms: number;
  readonly order: number;
  readonly act: () => void;
}

/** What happens when: a binary heap; what is due at the same time happens in the order in which it was asked for. */
export class Timeline {
  readonly #heap: Entry[] = [];
  #asked = 0;
  nowMs = 0;

  at(ms: number, act: () => void): void {
    const entry = { ms, order: this.#asked++, act };
    const heap = this.#heap;
    let hole = heap.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!precedes(entry, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = entry;
  }

  /** Lets the next thing happen. @returns whether there was one. */
  next(): boolean {
    const first = this.#heap[0];
    if (first === undefined) return false;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    this.nowMs = first.ms;
    first.act();
    return true;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, entry)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = entry;
  }
}

const precedes = (a: Entry, b: Entry): boolean => a.ms < b.ms || (a.ms === b.ms && a.order < b.order);
