import { FairQueue } from './fair-queue.ts';
import type { OrderedQueue, WaitQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

export interface Limits {
  /** Permits in all. */
  readonly concurrency: number;
  /** Calls that may wait. */
  readonly queue: number;
}

/**
 * The permits, and who gets the next: no clock, no promise, no policy.
 *
 * What all else rests on, true whenever no method is running: while a permit is free, whoever is next in the queue has been given
 * it, or has the turn. So a newcomer may take a permit at once exactly when nobody has the turn and there is enough for it.
 *
 * The turn is for calls that need several permits. Once such a call is next it leaves the line for good, and permits that come back
 * are kept for it until there are enough: neither newcomers nor lighter calls behind it can make it wait for ever, whatever the
 * order of the queue. The price is that some permits rest meanwhile.
 */
export class Pool {
  readonly #queue: WaitQueue;
  readonly #fair: FairQueue | undefined;
  #shareRatio: number;
  readonly #admit: (waiter: Waiter, permits: number) => void;
  #limits: Limits;
  /** What one call can get at most; a call that asks for more gets this. */
  #most: number;
  #inFlight = 0;
  #admitted = 0;
  #turn: Waiter | undefined = undefined;

  /**
   * @param shareRatio the share of all permits that one key may hold, if permits are shared fairly.
   * @param admit is told whenever a waiter gets its permits.
   */
  constructor(
    limits: Limits,
    makeQueue: () => OrderedQueue,
    shareRatio: number | undefined,
    admit: (waiter: Waiter, permits: number) => void,
  ) {
    this.#limits = limits;
    this.#shareRatio = shareRatio ?? 1;
    this.#most = this.#mostOf(limits);
    this.#fair = shareRatio === undefined ? undefined : new FairQueue(this.#most, makeQueue);
    this.#queue = this.#fair ?? makeQueue();
    this.#admit = admit;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Permits taken; above `concurrency` only after that has shrunk. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls that got their permits so far. */
  get admitted(): number {
    return this.#admitted;
  }

  get queued(): number {
    return this.#queue.size + (this.#turn === undefined ? 0 : 1);
  }

  get isFull(): boolean {
    return this.queued >= this.#limits.queue;
  }

  /**
   * For a newcomer: takes what it needs, if it need not wait.
   * @returns the permits taken; 0 if it must wait.
   */
  take(weight: number, key: string | undefined): number {
    const permits = weight < this.#most ? weight : this.#most; // Math.min computes with doubles
    if (this.#turn !== undefined || this.#inFlight + permits > this.#limits.concurrency) return 0;
    if (this.#fair !== undefined && !this.#fair.mayTake(key, permits)) return 0;
    this.#hold(permits, key);
    return permits;
  }

  /** Who gives way to a newcomer when full; who has the turn never does. */
  givesWayTo(priority: number, key: string | undefined): Waiter | undefined {
    return this.#queue.givesWayTo(priority, key);
  }

  add(waiter: Waiter): void {
    this.#queue.add(waiter);
    this.#handOver();
  }

  /** For a waiter that leaves without a permit. */
  remove(waiter: Waiter): void {
    if (this.#turn === waiter) this.#turn = undefined;
    else this.#queue.remove(waiter);
    this.#handOver();
  }

  giveBack(permits: number, key: string | undefined): void {
    this.#inFlight -= permits;
    if (this.#fair !== undefined) this.#fair.gaveBack(key, permits);
    this.#handOver();
  }

  /** Keeps all who wait and all who run; what is too much goes as calls end. To be called, too, when their order has changed. */
  resize(limits: Limits, shareRatio: number = this.#shareRatio): void {
    this.#limits = limits;
    this.#shareRatio = shareRatio;
    this.#most = this.#mostOf(limits);
    this.#fair?.setShare(this.#most);
    this.#handOver();
  }

  #handOver(): void {
    while (this.#inFlight < this.#limits.concurrency) {
      const next = this.#turn ?? this.#takeNext();
      if (next === undefined) return;
      const permits = Math.min(next.weight, this.#most);
      if (this.#inFlight + permits > this.#limits.concurrency) {
        this.#turn = next;
        return;
      }
      this.#turn = undefined;
      this.#hold(permits, next.key);
      this.#admit(next, permits);
    }
  }

  #takeNext(): Waiter | undefined {
    const { next } = this.#queue;
    if (next !== undefined) this.#queue.remove(next);
    return next;
  }

  #hold(permits: number, key: string | undefined): void {
    this.#inFlight += permits;
    this.#admitted++;
    if (this.#fair !== undefined) this.#fair.took(key, permits);
  }

  #mostOf({ concurrency }: Limits): number {
    return Math.max(1, Math.floor(concurrency * this.#shareRatio));
  }
}
