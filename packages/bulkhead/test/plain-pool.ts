import type { Limits } from '../src/pool.ts';

export interface Arrival {
  readonly id: number;
  readonly weight: number;
  readonly priority: number;
  readonly arrivedAt: number;
}

type Order = 'fifo' | 'lifo' | 'priority';

/** What a pool must do, as plainly as it can be said: arrays, sorted anew at every step. */
export class PlainPool {
  readonly admissions: number[] = [];
  readonly refusals: number[] = [];
  readonly #order: Order;
  readonly #ageingMs: number;
  readonly #running = new Map<number, number>();
  #limits: Limits;
  #waiting: Arrival[] = [];
  /** A call too heavy for what is free: it has the turn, and leaves the line. */
  #turn: Arrival | undefined;

  constructor(order: Order, ageingMs: number, limits: Limits) {
    this.#order = order;
    this.#ageingMs = ageingMs;
    this.#limits = limits;
  }

  get inFlight(): number {
    return [...this.#running.values()].reduce((sum, permits) => sum + permits, 0);
  }
  get queued(): number {
    return this.#waiting.length + (this.#turn === undefined ? 0 : 1);
  }
  get running(): number[] {
    return [...this.#running.keys()];
  }
  get waiting(): number[] {
    return [...(this.#turn === undefined ? [] : [this.#turn]), ...this.#waiting].map(({ id }) => id);
  }

  arrive(arrival: Arrival): void {
    if (this.queued === 0 && this.#fits(arrival)) this.#admit(arrival);
    else {
      if (this.queued >= this.#limits.queue) {
        const refused = this.#givesWayTo(arrival) ?? arrival;
        this.refusals.push(refused.id);
        if (refused === arrival) return;
        this.cancel(refused.id);
      }
      this.#waiting.push(arrival);
      this.#handOver();
    }
  }
  end(id: number): void {
    this.#running.delete(id);
    this.#handOver();
  }
  cancel(id: number): void {
    if (this.#turn?.id === id) this.#turn = undefined;
    this.#waiting = this.#waiting.filter((one) => one.id !== id);
    this.#handOver();
  }
  resize(limits: Limits): void {
    this.#limits = limits;
    this.#handOver();
  }

  #permitsOf({ weight }: Arrival): number {
    return Math.min(weight, this.#limits.concurrency);
  }
  #fits(arrival: Arrival): boolean {
    return this.inFlight + this.#permitsOf(arrival) <= this.#limits.concurrency;
  }
  #admit(arrival: Arrival): void {
    this.#running.set(arrival.id, this.#permitsOf(arrival));
    this.admissions.push(arrival.id);
  }
  #handOver(): void {
    while (this.inFlight < this.#limits.concurrency) {
      const next = this.#turn ?? this.#inOrder()[0];
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#turn = next;
      if (!this.#fits(next)) return;
      this.#turn = undefined;
      this.#admit(next);
    }
  }
  #inOrder(): Arrival[] {
    if (this.#order === 'fifo') return this.#waiting;
    if (this.#order === 'lifo') return this.#waiting.toReversed();
    const rank = (one: Arrival): number => one.arrivedAt - one.priority * this.#ageingMs;
    return this.#waiting.toSorted((a, b) => rank(a) - rank(b) || b.priority - a.priority || a.id - b.id);
  }
  #givesWayTo({ priority }: Arrival): Arrival | undefined {
    if (this.#order === 'fifo') return undefined;
    if (this.#order === 'lifo') return this.#waiting[0];
    const lowestNewest = this.#waiting.toSorted((a, b) => a.priority - b.priority || b.id - a.id)[0];
    return lowestNewest !== undefined && lowestNewest.priority < priority ? lowestNewest : undefined;
  }
}
