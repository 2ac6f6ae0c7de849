import { Alarm } from '@holdfast/core';
import type { Clock, GuardCall } from '@holdfast/core';
import type { RateLimitReason } from './errors.ts';
import type { Meter, RateLimits } from './meter.ts';
import { TurnLine, TurnWaiter } from './turn-line.ts';

/** Waits are sums of fractions of milliseconds: one that is meant to fit exactly may come out longer by less than this. */
const ROUNDING_MS = 0.001;

/** What those who are sent away are told. */
export interface Refusals {
  tooLate(reason: RateLimitReason, turnAt: number, now: number): unknown;
  tooHeavy(permits: number): unknown;
}

/** Lets calls through as a meter says, or in their turn: brings clock, promises and cancellation to the arithmetic. */
export class Turnstile {
  readonly meter: Meter;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  readonly #line = new TurnLine();
  /** Rings when the first in line has its turn. */
  readonly #alarm = new Alarm(() => this.#serve(this.#clock.now()));
  #maxWaitMs: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Whether nobody was let through since the last drain. */
  #isDrained = false;
  #admitted = 0;

  constructor(clock: Clock, meter: Meter, maxWaitMs: number, refusals: Refusals) {
    this.#clock = clock;
    this.meter = meter;
    this.#maxWaitMs = maxWaitMs;
    this.#refusals = refusals;
  }

  get queued(): number {
    return this.#line.size;
  }

  /** Calls let through so far. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Why there is no permit, when there is none. */
  get shortage(): 'limit' | 'paused' {
    return this.#isDrained ? 'paused' : 'limit';
  }

  oldestWaitMs(now: number): number {
    return this.#line.first === undefined ? 0 : now - this.#line.first.arrivedAt;
  }

  pausedMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** For a newcomer: takes what it needs, if it need not wait. */
  pass(permits: number, now: number): boolean {
    if (this.#line.size > 0) this.#serve(now); // whose turn has come goes first, though the alarm be late
    return this.#line.size === 0 && this.#takes(permits, now);
  }

  /** When a newcomer that could not pass would have its turn. */
  turnOfNext(permits: number, now: number): number {
    return this.#line.turnOfNext(permits, this.meter, this.#notBefore(now));
  }

  /** Why nobody should wait for a turn so late; `undefined` if it is in time. */
  whyTooLate(turnAt: number, arrivedAt: number, deadline: number): RateLimitReason | undefined {
    if (turnAt - arrivedAt > this.#maxWaitMs + ROUNDING_MS) return this.shortage;
    return turnAt >= deadline ? 'deadline' : undefined;
  }

  /** Lets a newcomer wait for its turn, which will come at `turnAt` at the latest. */
  wait(call: GuardCall, waiter: TurnWaiter, turnAt: number): Promise<void> {
    const stopListening = call.onCancel((reason) => this.#leave(waiter, reason));
    const { promise } = waiter.admission;
    // Not before the engine learns of it: a call may be cancelled in the very turn in which it is admitted.
    promise.then(stopListening, stopListening);
    if (this.#line.size === 0) this.#clock.arm(this.#alarm, turnAt - waiter.arrivedAt);
    this.#line.add(waiter);
    return promise;
  }

  /** Takes all permits that are there, and lets nobody through for so long. */
  drain(pauseMs: number, now: number): void {
    this.meter.drain(now);
    this.#line.forget();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    this.#isDrained = true;
    this.#review(now);
  }

  change(limits: RateLimits, maxWaitMs: number, now: number): void {
    this.meter.resize(limits, now);
    this.#line.forget();
    this.#maxWaitMs = maxWaitMs;
    this.#review(now);
  }

  #notBefore(now: number): number {
    return Math.max(now, this.#pausedUntil);
  }

  #takes(permits: number, now: number): boolean {
    if (now < this.#pausedUntil || !this.meter.take(permits, now)) return false;
    this.#isDrained = false;
    this.#admitted++;
    return true;
  }

  /** Lets through all whose turn has come, and sees to it that the next is not forgotten. */
  #serve(now: number): void {
    for (let { first } = this.#line; first !== undefined; first = this.#line.first) {
      if (this.#takes(first.permits, now)) {
        this.#line.remove(first);
        first.admittedAt = now;
        first.admission.resolve();
        continue;
      }
      const turnAt = this.meter.freeAt(first.permits, this.#notBefore(now));
      const reason = this.whyTooLate(turnAt, first.arrivedAt, first.deadline);
      if (reason === undefined) {
        this.#clock.arm(this.#alarm, turnAt - now);
        return;
      }
      this.#turnAway(first, this.#refusals.tooLate(reason, turnAt, now));
    }
    this.#clock.disarm(this.#alarm);
  }

  /** Its call is cancelled: who is behind it comes sooner. */
  #leave(waiter: TurnWaiter, reason: unknown): void {
    const now = this.#clock.now();
    if (Number.isNaN(waiter.admittedAt)) this.#turnAway(waiter, reason);
    else {
      this.meter.giveBack(waiter.permits, waiter.admittedAt, now);
      this.#line.forget();
    }
    this.#serve(now);
  }

  #turnAway(waiter: TurnWaiter, reason: unknown): void {
    this.#line.remove(waiter);
    waiter.admission.reject(reason);
  }

  /** Turns may come later than they did: whoever would wait in vain is told at once. */
  #review(now: number): void {
    if (this.#line.size === 0) return;
    const ahead = this.meter.copy();
    this.#line.forEachTurn(ahead, this.#notBefore(now), (waiter, turnAt) => {
      const refusal = this.#refusalOf(waiter, turnAt, now);
      if (refusal === undefined) return true;
      this.#turnAway(waiter, refusal);
      return false;
    });
    this.#serve(now);
  }

  #refusalOf({ permits, arrivedAt, deadline }: TurnWaiter, turnAt: number, now: number): unknown {
    if (permits > this.meter.capacity) return this.#refusals.tooHeavy(permits);
    const reason = this.whyTooLate(turnAt, arrivedAt, deadline);
    return reason === undefined ? undefined : this.#refusals.tooLate(reason, turnAt, now);
  }
}
