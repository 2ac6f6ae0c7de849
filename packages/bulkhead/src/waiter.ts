import type { Admission } from './admission.ts';
import { Link } from './list.ts';

/**
 * What `enter` hands to `exit`: the permits taken, and by which key if permits are shared fairly. Nothing for one permit without a
 * key: a standard call without any ticket costs 6 % less.
 */
export type Ticket = { readonly permits: number; readonly key: string | undefined } | undefined;

/** A call that waits for its permits. */
export class Waiter {
  /** The permits it asks for. */
  readonly weight: number;
  readonly priority: number;
  readonly key: string | undefined;
  /** In the clock's milliseconds. */
  readonly arrivedAt: number;
  /** Its place in the line it is served from. */
  readonly inLine: Link<Waiter> = new Link<Waiter>(this);
  /** Its place among all that wait, by arrival. */
  readonly byArrival: Link<Waiter> = new Link<Waiter>(this);
  /** What the engine awaits, in the async context of the caller. */
  readonly admission: Admission<Ticket> = Promise.withResolvers<Ticket>();
  stopListening: () => void = nothing;

  constructor(weight: number, priority: number, key: string | undefined, arrivedAt: number) {
    this.weight = weight;
    this.priority = priority;
    this.key = key;
    this.arrivedAt = arrivedAt;
  }
}

function nothing(): void {}
