import { List } from './list.ts';
import type { OrderedQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

/** Priorities are whole numbers from 0 to this; the greater goes first. */
export const MAX_PRIORITY = 9;

/**
 * Serves by priority, and within one priority by arrival. A step of priority is worth `ageingMs` of waiting, so nothing starves: a
 * waiter is overtaken only by those that arrive within (difference of priorities) × `ageingMs` after it. As all age alike, the order
 * of two waiters never changes, and the first of each priority are all that must be compared.
 *
 * When full, the newest of the lowest priority gives way to a newcomer of a higher one, however long it has waited.
 */
export class PriorityQueue implements OrderedQueue {
  readonly #ageingMs: () => number;
  /** One line for each priority seen, and those below it. */
  readonly #lines: List<Waiter>[] = [];
  #size = 0;

  /** @param ageingMs is asked whenever somebody is to be served, and may change: the same holds for all who wait. */
  constructor(ageingMs: () => number) {
    this.#ageingMs = ageingMs;
  }

  get size(): number {
    return this.#size;
  }

  get next(): Waiter | undefined {
    let next: Waiter | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    const ageingMs = this.#ageingMs();
    for (let priority = this.#lines.length - 1; priority >= 0; priority--) {
      const waiter = this.#lines[priority]!.first;
      if (waiter === undefined) continue;
      const asIfArrivedAt = waiter.arrivedAt - priority * ageingMs;
      if (asIfArrivedAt < earliest) {
        earliest = asIfArrivedAt;
        next = waiter;
      }
    }
    return next;
  }

  get last(): Waiter | undefined {
    return this.#lines.find((line) => line.size > 0)?.last;
  }

  givesWayTo(priority: number): Waiter | undefined {
    const { last } = this;
    return last !== undefined && last.priority < priority ? last : undefined;
  }

  add(waiter: Waiter): void {
    while (this.#lines.length <= waiter.priority) this.#lines.push(new List());
    this.#lines[waiter.priority]!.append(waiter.inLine);
    this.#size++;
  }

  remove(waiter: Waiter): void {
    this.#lines[waiter.priority]!.remove(waiter.inLine);
    this.#size--;
  }
}
