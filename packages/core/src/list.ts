/** What can stand in a {@link List}, in one at a time. */
export interface Listed<N> {
  previous: N | undefined;
  next: N | undefined;
}

/**
 * A doubly linked list through fields of what stands in it: appending and removing are O(1) and allocate nothing.
 *
 * For an order of use beside a Map of the same things. The Map's own order will not do: to delete and set a key again at each use
 * leaves a hole where it was, and whoever asks for the first key walks over all the holes before it.
 */
export class List<N extends Listed<N>> implements Iterable<N> {
  #first: N | undefined = undefined;
  #last: N | undefined = undefined;

  get first(): N | undefined {
    return this.#first;
  }

  /** Takes one that is in no list. */
  append(one: N): void {
    const last = this.#last;
    one.previous = last;
    if (last === undefined) this.#first = one;
    else last.next = one;
    this.#last = one;
  }

  /** Takes out one that is in this list. */
  remove(one: N): void {
    const { previous, next } = one;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    one.previous = undefined;
    one.next = undefined;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Nothing may come or go meanwhile. */
  *[Symbol.iterator](): Iterator<N> {
    for (let one = this.#first; one !== undefined; one = one.next) yield one;
  }
}
