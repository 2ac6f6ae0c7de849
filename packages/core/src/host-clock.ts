import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './sleep.ts';
import { cameDueInStall } from './stall.ts';
import { TimerList, unlink } from './timer-list.ts';
import { TimerWheel } from './timer-wheel.ts';

/** What a clock needs of the system it runs on. */
export interface Host {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Calls back once after `delayMs` (1 to 2^31 - 1), and keeps the process alive until then. Returns a handle. */
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Calls back once at the end of the present event-loop turn; from such a callback, after the loop has polled for I/O again. */
  setImmediate(callback: () => void): void;
  /** Whether a timeout keeps the process alive from now on. Returns false if this host cannot tell it so. */
  keepAlive(handle: unknown, alive: boolean): boolean;
  /** An error that must be seen and has nobody to go to. */
  report(error: unknown): void;
}

/**
 * A timer this late was held up by a blocked event loop. Ordinary lateness stays below: rounding 1 ms, Windows' timer ticks 16 ms,
 * a minor collection or a busy turn a few ms. Much more would blame a dependency for our own pauses in short time limits.
 */
const STALL_MS = 20;

/**
 * How often the loop polls for I/O between finding a timer due and firing it. Replies that arrived before the timer's time may lie
 * unread in their sockets, so one poll comes first always: it reads them, and their promises settle before the end of the turn.
 * After a stall a second one, for replies whose reading takes another turn: decompressed on another thread, a second read, a
 * `setImmediate` of the client's own. More would make every time limit later for ever rarer cases.
 */
const POLLS = 1;
const POLLS_AFTER_STALL = 2;

/** Longer ones fire at once, in Node and in browsers. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * A clock with one system timeout for all its timers. Most timers guard a call that ends in time, so arming is made nearly free:
 * a timer is only linked into a list, and the end of the event-loop turn reads the clock once for all that are still there, counts
 * their delays from then and moves them into the wheel. A call that ends within its turn costs two list operations.
 *
 * Timers never fire early. They fire late by up to 1 ms, the host's own lateness, and one poll for I/O (two after a stall). The
 * process is kept alive while a timer is armed, and no longer. `fire` runs in no particular async context; what it throws is
 * reported to the host and stops nothing, for a time limit must not bring down a service, nor keep others from firing.
 */
export class HostClock implements Clock {
  readonly #host: Host;
  readonly #wheel: TimerWheel;
  /** Armed in this turn, their delays not counted yet. */
  readonly #fresh: TimerList = new TimerList();

  #turnScheduled = false;
  /** The time of this turn; `NaN` until it is asked for. Only kept while the end of the turn is scheduled, which drops it. */
  #turnMs = Number.NaN;

  #timeout: unknown = undefined;
  /** When the timeout is meant to call back; wrong, but not needed, without a timeout. */
  #timeoutAt = 0;
  #keptAlive = false;

  /** While above 0, what the wheel has found due waits for as many polls for I/O. */
  #pollsLeft = 0;
  /** The end of the last stall: what was due before it came due while the loop was blocked. */
  #stalledUntil = Number.NEGATIVE_INFINITY;

  constructor(host: Host) {
    this.#host = host;
    this.#wheel = new TimerWheel(host.now());
  }

  now(): number {
    const nowMs = this.#host.now();
    if (this.#turnScheduled) this.#turnMs = nowMs;
    return nowMs;
  }

  turnNow(): number {
    if (Number.isNaN(this.#turnMs)) {
      this.#scheduleTurn();
      this.#turnMs = this.#host.now();
    }
    return this.#turnMs;
  }

  arm(timer: Timer, delayMs: number): void {
    this.disarm(timer);
    timer.delayMs = delayMs > 0 ? delayMs : 0; // NaN is 0, too
    timer.dueAt = Number.NaN;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#fresh.append(timer);
    this.#scheduleTurn();
  }

  disarm(timer: Timer): void {
    if (!unlink(timer)) return;
    timer.dueAt = Number.NaN;
    if (this.#keptAlive && this.#wheel.isEmpty) this.#scheduleTurn();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#host.setImmediate(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#turnScheduled = false;
    this.#turnMs = Number.NaN;
    if (this.#pollsLeft > 0 && --this.#pollsLeft === 0) this.#wheel.expire(this.#fire);
    this.#catchUp();
  };

  readonly #onTimeout = (): void => {
    this.#timeout = undefined;
    this.#keptAlive = false;
    this.#catchUp();
  };

  readonly #fire = (timer: Timer): void => {
    const stalled = cameDueInStall(timer.dueAt, timer.delayMs, this.#stalledUntil);
    timer.dueAt = Number.NaN;
    try {
      timer.fire(stalled);
    } catch (error) {
      this.#report(error);
    }
  };

  #report(error: unknown): void {
    try {
      this.#host.report(error);
    } catch {
      // Nobody is left to tell, and the other timers are to fire.
    }
  }

  /** Anchors what was armed, finds what is due, and sees to it that we are called again in time. */
  #catchUp(): void {
    if (this.#fresh.isEmpty && this.#wheel.isEmpty) {
      this.#pollsLeft = 0;
      this.#rest();
      return;
    }
    const nowMs = this.#host.now();
    // While timers wait for a poll no others join them: these would have seen fewer polls.
    const collecting = this.#pollsLeft === 0;
    if (collecting) this.#wheel.advance(nowMs);
    let earliestMs = this.#wheel.firstDue?.dueAt ?? nowMs;
    for (let timer = this.#fresh.takeFirst(); timer !== undefined; timer = this.#fresh.takeFirst()) {
      if (Number.isNaN(timer.dueAt)) timer.dueAt = nowMs + timer.delayMs;
      if (timer.dueAt < earliestMs) earliestMs = timer.dueAt; // fixed early in a turn that took long
      this.#wheel.insert(timer);
    }
    if (collecting && this.#wheel.firstDue !== undefined) {
      const stalled = nowMs - earliestMs > STALL_MS;
      if (stalled) this.#stalledUntil = nowMs;
      this.#pollsLeft = stalled ? POLLS_AFTER_STALL : POLLS;
    }
    if (this.#pollsLeft > 0) this.#scheduleTurn();
    else this.#wakeAt(this.#wheel.nextAt, nowMs);
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#timeout !== undefined && this.#timeoutAt > atMs) {
      this.#host.clearTimeout(this.#timeout);
      this.#timeout = undefined;
    }
    if (this.#timeout === undefined) {
      const delayMs = Math.min(Math.max(Math.ceil(atMs - nowMs), 1), MAX_TIMEOUT_MS);
      this.#timeout = this.#host.setTimeout(this.#onTimeout, delayMs);
      this.#timeoutAt = atMs;
    } else if (!this.#keptAlive) {
      this.#host.keepAlive(this.#timeout, true);
    }
    this.#keptAlive = true;
  }

  /** Nothing is armed. The timeout stays if it can without keeping the process alive: the next call will want one again. */
  #rest(): void {
    if (this.#keptAlive && !this.#host.keepAlive(this.#timeout, false)) {
      this.#host.clearTimeout(this.#timeout);
      this.#timeout = undefined;
    }
    this.#keptAlive = false;
  }
}
