/**
 * A binary heap whose members know where they are in it (`item[slot]`, -1 while outside), so that one whose rank has changed can be
 * moved, or taken out, in O(log n). A member of two heaps has two slots.
 */
export class Heap<Slot extends string, T extends Record<Slot, number>> {
  readonly #items: T[] = [];
  readonly #slot: Slot;
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(slot: Slot, isBefore: (a: T, b: T) => boolean) {
    this.#slot = slot;
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** Brings an item in, or to its right place again after its rank has changed. */
  put(item: T): void {
    if (item[this.#slot] < 0) this.#place(item, this.#items.length);
    this.#rise(item);
    this.#sink(item);
  }

  /** Takes an item out; nothing happens if it is outside. */
  remove(item: T): void {
    const index = item[this.#slot];
    if (index < 0) return;
    const last = this.#items.pop()!;
    item[this.#slot] = -1 as T[Slot];
    if (last === item) return;
    this.#place(last, index);
    this.put(last);
  }

  #rise(item: T): void {
    let index: number = item[this.#slot];
    while (index > 0) {
      const above = this.#items[(index - 1) >> 1]!;
      if (!this.#isBefore(item, above)) break;
      const aboveIndex = above[this.#slot];
      this.#place(above, index);
      index = aboveIndex;
    }
    this.#place(item, index);
  }

  #sink(item: T): void {
    const items = this.#items;
    let index: number = item[this.#slot];
    for (;;) {
      const left = 2 * index + 1;
      if (left >= items.length) break;
      const right = left + 1;
      const smaller = right < items.length && this.#isBefore(items[right]!, items[left]!) ? right : left;
      if (!this.#isBefore(items[smaller]!, item)) break;
      this.#place(items[smaller]!, index);
      index = smaller;
    }
    this.#place(item, index);
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item[this.#slot] = index as T[Slot];
  }
}
