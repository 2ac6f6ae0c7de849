import { ConfigError, hub, publish, withoutStack } from '@holdfast/core';
import type { Clock, EventBase, Guard, Outcome, PolicyCall } from '@holdfast/core';
import { count, readOptions } from '@holdfast/core/options';
import { ArrivalQueue } from './arrival-queue.ts';
import { BulkheadFullError, QueueTimeoutError } from './errors.ts';
import { readBulkheadOptions } from './options.ts';
import type { BulkheadOptions, BulkheadSettings } from './options.ts';
import { Patience } from './patience.ts';
import { Pool } from './pool.ts';
import type { Limits } from './pool.ts';
import { MAX_PRIORITY, PriorityQueue } from './priority-queue.ts';
import { Waiter } from './waiter.ts';
import type { Ticket } from './waiter.ts';

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** The limits were changed while running. */
    'bulkhead.resized': EventBase & { readonly policy: string; readonly limits: Limits; readonly previous: Limits };
  }
}

export interface BulkheadSnapshot extends Limits {
  readonly policy: string;
  /** Permits that are free. */
  readonly permits: number;
  /** Permits that are taken; above `concurrency` only after that was lowered. */
  readonly inFlight: number;
  /** Of those, the permits whose call has ended and whose operation has not. Always 0 without `holdUntilSettled`. */
  readonly leftBehind: number;
  /** Calls that wait. */
  readonly queued: number;
  /** How long the longest of them has waited, in milliseconds; 0 if none waits. */
  readonly oldestWaitMs: number;
}

export interface Bulkhead extends Guard {
  readonly name: string;
  readonly clock: Clock;
  /**
   * Changes the limits named and keeps the others. No call is stopped and no waiter refused: with more permits waiters are admitted
   * at once, with fewer the calls that run go on and nobody is admitted until enough have ended.
   * @throws {ConfigError} for limits out of range; then nothing is changed.
   */
  resize(limits: Partial<Limits>): void;
  snapshot(): BulkheadSnapshot;
}

/**
 * Bounds how many calls run at once and how many wait for it. A call that finds a permit free, and nobody waiting for it, goes on in
 * the same turn; otherwise it waits in a bounded queue for at most `queueTimeoutMs`. A permit that comes back goes to whoever is
 * next, and no later call can take it in between. A call that is cancelled while it waits leaves the queue, and its room, at once.
 *
 * Rejects with {@link BulkheadFullError} when there is no room to wait, with {@link QueueTimeoutError} when the wait was too long.
 *
 * It does not bound work that goes on after its call has ended, unless `holdUntilSettled`; it holds in this process alone; and an
 * operation that calls through the same bulkhead again takes a second permit, so nesting deeper than the permits reach ends in
 * time-outs.
 * @throws {ConfigError} for options out of range, or at odds with each other.
 */
export function bulkhead(options?: BulkheadOptions): Bulkhead {
  return new PermitGuard(readBulkheadOptions(options));
}

class PermitGuard implements Bulkhead {
  readonly name: string;
  readonly clock: Clock;
  readonly #settings: BulkheadSettings;
  readonly #pool: Pool;
  readonly #patience: Patience;
  #leftBehind = 0;

  constructor(settings: BulkheadSettings) {
    const { name, clock, concurrency, queue, queueTimeoutMs, order, ageingMs, keyOf, keyShareRatio } = settings;
    this.name = name;
    this.clock = clock;
    this.#settings = settings;
    this.#pool = new Pool(
      { concurrency, queue },
      () => (order === 'priority' ? new PriorityQueue(ageingMs) : new ArrivalQueue(order === 'lifo')),
      keyOf === undefined ? undefined : keyShareRatio,
      (waiter, permits) => this.#admit(waiter, permits),
    );
    this.#patience = new Patience(clock, queueTimeoutMs, (waiter) =>
      this.#turnAway(
        waiter,
        withoutStack(() => new QueueTimeoutError(name, queueTimeoutMs)),
      ),
    );
  }

  enter(call: PolicyCall): Ticket | Promise<Ticket> {
    const { weight: weightOf, keyOf } = this.#settings;
    const weight = weightOf === undefined ? 1 : this.#checked('weight', weightOf(call), 1, Number.MAX_SAFE_INTEGER);
    const key = keyOf === undefined ? undefined : keyOf(call);
    const permits = this.#pool.take(weight, key);
    return permits > 0 ? this.#ticket(permits, key) : this.#wait(call, weight, key);
  }

  exit(call: PolicyCall, _outcome: Outcome, entered: unknown): void {
    const ticket = entered as Ticket;
    const settled = this.#settings.holdUntilSettled ? call.whenSettled() : undefined;
    if (settled === undefined) this.#giveBack(ticket);
    else void this.#giveBackAfter(settled, ticket);
  }

  resize(limits: Partial<Limits>): void {
    const previous = this.#pool.limits;
    const next = readOptions(this.name, limits, {
      concurrency: count(1, previous.concurrency),
      queue: count(0, previous.queue),
    });
    this.#pool.resize(next);
    if (hub.active) publish({ type: 'bulkhead.resized', at: this.clock.now(), policy: this.name, limits: next, previous });
  }

  snapshot(): BulkheadSnapshot {
    const { limits, inFlight, queued } = this.#pool;
    const { oldest } = this.#patience;
    return {
      policy: this.name,
      ...limits,
      permits: Math.max(0, limits.concurrency - inFlight),
      inFlight,
      leftBehind: this.#leftBehind,
      queued,
      oldestWaitMs: oldest === undefined ? 0 : this.clock.now() - oldest.arrivedAt,
    };
  }

  #wait(call: PolicyCall, weight: number, key: string | undefined): Promise<Ticket> {
    if (call.cancelled) throw call.reason;
    const { order, priority: priorityOf } = this.#settings;
    const priority = order === 'priority' ? this.#checked('priority', priorityOf(call), 0, MAX_PRIORITY) : 0;
    if (this.#pool.isFull) this.#makeRoom(priority, key);
    const waiter = new Waiter(weight, priority, key, this.clock.now());
    waiter.stopListening = call.onCancel((reason) => this.#turnAway(waiter, reason));
    this.#patience.add(waiter);
    this.#pool.add(waiter);
    return waiter.admission.promise;
  }

  /** @throws {BulkheadFullError} when the newcomer itself must go. */
  #makeRoom(priority: number, key: string | undefined): void {
    const waiter = this.#pool.givesWayTo(priority, key);
    const { concurrency, queue } = this.#pool.limits;
    const error = withoutStack(() => new BulkheadFullError(this.name, concurrency, queue, waiter !== undefined));
    if (waiter === undefined) throw error;
    this.#turnAway(waiter, error);
  }

  #admit(waiter: Waiter, permits: number): void {
    this.#forget(waiter);
    waiter.admission.resolve(this.#ticket(permits, waiter.key));
  }

  /** Ends a wait without a permit. */
  #turnAway(waiter: Waiter, reason: unknown): void {
    this.#forget(waiter);
    this.#pool.remove(waiter);
    waiter.admission.reject(reason);
  }

  #forget(waiter: Waiter): void {
    waiter.stopListening();
    this.#patience.remove(waiter);
  }

  async #giveBackAfter(settled: Promise<void>, ticket: Ticket): Promise<void> {
    const permits = typeof ticket === 'number' ? ticket : ticket.permits;
    this.#leftBehind += permits;
    await settled;
    this.#leftBehind -= permits;
    this.#giveBack(ticket);
  }

  #giveBack(ticket: Ticket): void {
    if (typeof ticket === 'number') this.#pool.giveBack(ticket, undefined);
    else this.#pool.giveBack(ticket.permits, ticket.key);
  }

  /** A plain number, which costs nothing, unless the key must be remembered. */
  #ticket(permits: number, key: string | undefined): Ticket {
    return this.#settings.keyOf === undefined ? permits : { permits, key };
  }

  #checked(option: string, value: number, min: number, max: number): number {
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const allowed = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw withoutStack(() => new ConfigError(this.name, option, value, `a function that gives a whole number ${allowed}`));
  }
}
