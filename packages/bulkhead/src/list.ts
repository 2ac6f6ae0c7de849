/** The place of something in one {@link List}; what is in several lists at once has a link for each. */
export class Link<T> {
  readonly owner: T;
  previous: Link<T> | undefined = undefined;
  next: Link<T> | undefined = undefined;

  constructor(owner: T) {
    this.owner = owner;
  }
}

/** A doubly linked list of links that their owners bring along: appending and removing are O(1) and allocate nothing. */
export class List<T> {
  #first: Link<T> | undefined = undefined;
  #last: Link<T> | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.owner;
  }

  get last(): T | undefined {
    return this.#last?.owner;
  }

  /** Takes a link that is in no list. */
  append(link: Link<T>): void {
    link.previous = this.#last;
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size++;
  }

  /** Takes out a link that is in this list. */
  remove(link: Link<T>): void {
    const { previous, next } = link;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    link.previous = undefined;
    link.next = undefined;
    this.#size--;
  }
}
