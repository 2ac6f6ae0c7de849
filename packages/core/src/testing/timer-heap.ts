import type { Timer } from '../clock.ts';

export interface HeapEntry {
  readonly timer: Timer;
  readonly dueAt: number;
  /** Counts up with every timer armed: the order among those due at the same time. */
  readonly order: number;
  /** Where it lies in the heap. */
  index: number;
}

/** Timers by `dueAt`, those due together in the order of arming: a binary heap that also finds and removes any timer in O(log n). */
export class TimerHeap {
  readonly #heap: HeapEntry[] = [];
  readonly #entries = new Map<Timer, HeapEntry>();

  get size(): number {
    return this.#heap.length;
  }

  get first(): HeapEntry | undefined {
    return this.#heap[0];
  }

  /** All entries, first due first. */
  sorted(): HeapEntry[] {
    return this.#heap.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  insert(timer: Timer, order: number): void {
    const entry = { timer, dueAt: timer.dueAt, order, index: this.#heap.length };
    this.#entries.set(timer, entry);
    this.#heap.push(entry);
    this.#rise(entry);
  }

  /** @returns whether the timer was there. */
  remove(timer: Timer): boolean {
    const entry = this.#entries.get(timer);
    if (entry === undefined) return false;
    this.#entries.delete(timer);
    const last = this.#heap.pop()!;
    if (last !== entry) {
      this.#put(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    return true;
  }

  #rise(entry: HeapEntry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1]!;
      if (!isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: HeapEntry): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const child = right !== undefined && isBefore(right, left!) ? right : left;
      if (child === undefined || !isBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: HeapEntry, b: HeapEntry): void {
    const { index } = a;
    this.#put(a, b.index);
    this.#put(b, index);
  }

  #put(entry: HeapEntry, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}

function isBefore(a: HeapEntry, b: HeapEntry): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
