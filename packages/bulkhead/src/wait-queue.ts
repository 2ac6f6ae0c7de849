import type { Waiter } from './waiter.ts';

/** In which order those who wait are served, and who gives way when there is no room for all. */
export interface WaitQueue {
  readonly size: number;
  /** Who is served next; `undefined` when nobody waits who may be served. */
  readonly next: Waiter | undefined;
  /** Who gives way to a newcomer of this priority and key when the queue is full; `undefined` if the newcomer is refused. */
  givesWayTo(priority: number, key: string | undefined): Waiter | undefined;
  add(waiter: Waiter): void;
  /** Takes out a waiter that is in this queue. */
  remove(waiter: Waiter): void;
}

/** A queue whose order depends on nothing but the calls in it. */
export interface OrderedQueue extends WaitQueue {
  /** Who is given up first when there is no room for all. */
  readonly last: Waiter | undefined;
}
