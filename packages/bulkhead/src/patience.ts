import { Alarm } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
import { List } from './list.ts';
import type { Waiter } from './waiter.ts';

/**
 * Ends waits that have lasted `timeoutMs`. All wait equally long, so who came first is due first: one alarm for the oldest serves
 * any number of waiters, and is set anew only when it rings.
 */
export class Patience {
  readonly #arrivals = new List<Waiter>();
  readonly #clock: Clock;
  #timeoutMs: number;
  readonly #expire: (waiter: Waiter) => void;
  readonly #alarm = new Alarm(() => this.#ring());

  /** @param expire is told who is due; it must see to it that the waiter is removed. */
  constructor(clock: Clock, timeoutMs: number, expire: (waiter: Waiter) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#expire = expire;
  }

  /** Who has waited longest. */
  get oldest(): Waiter | undefined {
    return this.#arrivals.first;
  }

  /** For those who wait, too, from their arrival. Who has waited as long already is due now: expired by the alarm, as ever. */
  setTimeoutMs(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    const { oldest } = this;
    if (oldest !== undefined) this.#clock.arm(this.#alarm, Math.max(0, oldest.arrivedAt + timeoutMs - this.#clock.now()));
  }

  add(waiter: Waiter): void {
    this.#arrivals.append(waiter.byArrival);
    if (this.#arrivals.size === 1) this.#clock.arm(this.#alarm, this.#timeoutMs);
  }

  remove(waiter: Waiter): void {
    this.#arrivals.remove(waiter.byArrival);
    if (this.#arrivals.size === 0) this.#clock.disarm(this.#alarm);
  }

  #ring(): void {
    const now = this.#clock.now();
    for (let { oldest } = this; oldest !== undefined; oldest = this.oldest) {
      const leftMs = oldest.arrivedAt + this.#timeoutMs - now;
      if (leftMs > 0) {
        this.#clock.arm(this.#alarm, leftMs);
        return;
      }
      this.#expire(oldest);
    }
  }
}
