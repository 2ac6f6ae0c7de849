import { ConfigError, hub, publish, withoutStack } from '@holdfast/core';
import type { Clock, EventBase, GuardCall, Outcome, PolicyTraits } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { ArrivalQueue } from './arrival-queue.ts';
import { BulkheadFullError, QueueTimeoutError } from './errors.ts';
import { readBulkheadOptions } from './options.ts';
import type { BulkheadOptions, BulkheadSettings, BulkheadUpdate } from './options.ts';
import { Patience } from './patience.ts';
import { Pool } from './pool.ts';
import type { Limits } from './pool.ts';
import { MAX_PRIORITY, PriorityQueue } from './priority-queue.ts';
import type { BulkheadSnapshot } from './snapshot.ts';
import { checkNames } from './known-names.ts';
import { Waiter } from './waiter.ts';
import type { Ticket } from './waiter.ts';

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** The limits were changed while running. */
    'bulkhead.resized': EventBase & { readonly policy: string; readonly limits: Limits; readonly previous: Limits };
  }
}

/** They say whose calls wait where, and in which order; and who has been admitted without a key cannot get one. */
const FIXED = ['name', 'clock', 'order', 'fair', 'keyOf', 'holdUntilSettled'] as const;

/** What most calls take. */
const ONE: NonNullable<Ticket> = { permits: 1, key: undefined };

/** The guard behind `bulkhead`: lets calls through a pool of permits, and brings clock, promises and cancellation to it. */
export class PermitGuard {
  readonly name: string;
  readonly clock: Clock;
  #given: BulkheadOptions;
  #settings: BulkheadSettings;
  readonly #pool: Pool;
  readonly #patience: Patience;
  #leftBehind = 0;
  #refused = 0;
  #timedOut = 0;

  constructor(given: BulkheadOptions = {}) {
    const settings = readBulkheadOptions(given);
    const { name, clock, concurrency, queue, queueTimeoutMs, order, keyOf, keyShareRatio } = settings;
    this.name = name;
    this.clock = clock;
    this.#given = { ...given };
    this.#settings = settings;
    const ageingMs = (): number => this.#settings.ageingMs;
    this.#pool = new Pool(
      { concurrency, queue },
      () => (order === 'priority' ? new PriorityQueue(ageingMs) : new ArrivalQueue(order === 'lifo')),
      keyOf === undefined ? undefined : keyShareRatio,
      (waiter, permits) => this.#admit(waiter, permits),
    );
    this.#patience = new Patience(clock, queueTimeoutMs, (waiter) => this.#expire(waiter));
  }

  enter(call: GuardCall): Ticket | Promise<Ticket> {
    const { weight: weightOf, keyOf } = this.#settings;
    const weight = weightOf === undefined ? 1 : this.#checked('weight', weightOf(call), 1, Number.MAX_SAFE_INTEGER);
    const key = keyOf === undefined ? undefined : keyOf(call);
    const permits = this.#pool.take(weight, key);
    if (permits > 0) return this.#ticket(permits, key);
    const { order, priority: priorityOf } = this.#settings;
    const priority = order === 'priority' ? this.#checked('priority', priorityOf(call), 0, MAX_PRIORITY) : 0;
    if (call.cancelled) throw call.reason; // maybe by one of the callbacks above
    const refusal = this.#pool.isFull ? this.#makeRoom(priority, key) : undefined;
    // Thrown here and not further in: throwing an error through a frame costs about as much as making it.
    if (refusal !== undefined) throw refusal;
    return this.#wait(call, new Waiter(weight, priority, key, this.clock.now()));
  }

  exit(call: GuardCall, _outcome: Outcome, entered: unknown): void {
    const ticket = entered as Ticket;
    const settled = this.#settings.holdUntilSettled ? call.whenSettled() : undefined;
    if (settled === undefined) this.#giveBack(ticket);
    else void this.#giveBackAfter(settled, ticket);
  }

  resize(limits: Partial<Limits>): void {
    checkNames(this.name, limits, ['concurrency', 'queue']);
    this.prepareUpdate(limits)();
  }

  prepareUpdate(changes: BulkheadUpdate): () => void {
    const given = withChanges(this.name, this.#given, changes);
    const next = readBulkheadOptions(given);
    checkFixed(this.name, this.#settings, next, FIXED);
    return () => this.#change(given, next);
  }

  traits(): PolicyTraits {
    const { queue, queueTimeoutMs } = this.#settings;
    return { holds: true, ...(queue === 0 ? {} : { waitMs: queueTimeoutMs }) };
  }

  snapshot(): BulkheadSnapshot {
    const { limits, inFlight, queued, admitted } = this.#pool;
    const { oldest } = this.#patience;
    return {
      policy: this.name,
      kind: 'bulkhead',
      ...limits,
      permits: Math.max(0, limits.concurrency - inFlight),
      inFlight,
      leftBehind: this.#leftBehind,
      queued,
      oldestWaitMs: oldest === undefined ? 0 : this.clock.now() - oldest.arrivedAt,
      admitted,
      refused: this.#refused,
      timedOut: this.#timedOut,
    };
  }

  #change(given: BulkheadOptions, next: BulkheadSettings): void {
    const { concurrency, queue, queueTimeoutMs, keyShareRatio } = next;
    const previous = this.#pool.limits;
    const limits = { concurrency, queue };
    this.#given = given;
    if (queueTimeoutMs !== this.#settings.queueTimeoutMs) this.#patience.setTimeoutMs(queueTimeoutMs);
    this.#settings = next;
    this.#pool.resize(limits, keyShareRatio);
    if (!hub.active || (concurrency === previous.concurrency && queue === previous.queue)) return;
    publish({ type: 'bulkhead.resized', at: this.clock.now(), policy: this.name, limits, previous });
  }

  #wait(call: GuardCall, waiter: Waiter): Promise<Ticket> {
    waiter.stopListening = call.onCancel((reason) => this.#turnAway(waiter, reason));
    this.#patience.add(waiter);
    this.#pool.add(waiter);
    return waiter.admission.promise;
  }

  /** @returns the refusal, if the newcomer itself is the one to go. */
  #makeRoom(priority: number, key: string | undefined): BulkheadFullError | undefined {
    this.#refused++; // one or the other
    const waiter = this.#pool.givesWayTo(priority, key);
    const { concurrency, queue } = this.#pool.limits;
    const error = withoutStack(() => new BulkheadFullError(this.name, concurrency, queue, waiter !== undefined));
    if (waiter === undefined) return error;
    this.#turnAway(waiter, error);
    return undefined;
  }

  #admit(waiter: Waiter, permits: number): void {
    this.#forget(waiter);
    waiter.admission.resolve(this.#ticket(permits, waiter.key));
  }

  #expire(waiter: Waiter): void {
    this.#timedOut++;
    this.#turnAway(
      waiter,
      withoutStack(() => new QueueTimeoutError(this.name, this.#settings.queueTimeoutMs)),
    );
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
    const { permits } = ticket ?? ONE;
    this.#leftBehind += permits;
    await settled;
    this.#leftBehind -= permits;
    this.#giveBack(ticket);
  }

  #giveBack(ticket: Ticket): void {
    const { permits, key } = ticket ?? ONE;
    this.#pool.giveBack(permits, key);
  }

  #ticket(permits: number, key: string | undefined): Ticket {
    return permits === 1 && key === undefined ? undefined : { permits, key };
  }

  #checked(option: string, value: number, min: number, max: number): number {
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const allowed = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw withoutStack(() => new ConfigError(this.name, option, value, `a function that gives a whole number ${allowed}`));
  }
}
