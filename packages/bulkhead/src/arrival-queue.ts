import { List } from './list.ts';
import type { OrderedQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

/**
 * Serves by arrival. Oldest first, and newcomers are refused when full: who waits already is nearer to its permit. Or newest first,
 * and the oldest gives way: under a standing overload the newest caller is the likeliest to be there still, the oldest would be
 * served last.
 * @see Maurer, Fail at Scale (ACM Queue, 2015), on adaptive LIFO
 */
export class ArrivalQueue implements OrderedQueue {
  readonly #line = new List<Waiter>();
  readonly #newestFirst: boolean;

  constructor(newestFirst: boolean) {
    this.#newestFirst = newestFirst;
  }

  get size(): number {
    return this.#line.size;
  }

  get next(): Waiter | undefined {
    return this.#newestFirst ? this.#line.last : this.#line.first;
  }

  get last(): Waiter | undefined {
    return this.#newestFirst ? this.#line.first : this.#line.last;
  }

  givesWayTo(): Waiter | undefined {
    return this.#newestFirst ? this.#line.first : undefined;
  }

  add(waiter: Waiter): void {
    this.#line.append(waiter.inLine);
  }

  remove(waiter: Waiter): void {
    this.#line.remove(waiter.inLine);
  }
}
