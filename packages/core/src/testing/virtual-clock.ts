import type { Clock, Timer } from '../clock.ts';
import { sleepOn } from '../sleep.ts';
import { cameDueInStall } from '../stall.ts';
import { systemHost } from '../system-clock.ts';
import { TimerHeap } from './timer-heap.ts';

export interface VirtualClockOptions {
  /** The time it starts at, in milliseconds. @default 0 */
  startMs?: number;
}

export interface RunAllOptions {
  /** How far time may move, in milliseconds. @default Infinity */
  limitMs?: number;
  /** How many timers may fire; stops what arms itself again and again. @default 100_000 */
  maxTimers?: number;
}

export interface PendingTimer {
  readonly dueAt: number;
  /** The delay it was armed with. */
  readonly delayMs: number;
  /** How long from now. */
  readonly inMs: number;
}

/**
 * A clock that stands still until it is told to move. Timers fire in the order of `dueAt`, those due together in the order of arming,
 * each with `now()` at exactly its time, and all promise reactions come to rest before the next one: the same test gives the same
 * run, however long its promise chains.
 *
 * It waits for promises alone. What else takes real time, such as a socket, a file or a real `setTimeout`, it does not wait for.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap();
  #nowMs: number;
  /** How many timers were ever armed. */
  #armed = 0;
  /** The end of the last stall. */
  #stalledUntil = Number.NEGATIVE_INFINITY;
  #moving = false;

  constructor({ startMs = 0 }: VirtualClockOptions = {}) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  turnNow(): number {
    return this.#nowMs;
  }

  arm(timer: Timer, delayMs: number): void {
    this.disarm(timer);
    timer.delayMs = delayMs > 0 ? delayMs : 0; // NaN is 0, too
    timer.dueAt = Number.NaN;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    timer.dueAt = this.#nowMs + timer.delayMs;
    this.#timers.insert(timer, this.#armed++);
  }

  disarm(timer: Timer): void {
    if (this.#timers.remove(timer)) timer.dueAt = Number.NaN;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** All armed timers, in the order they will fire. */
  get pendingTimers(): PendingTimer[] {
    return this.#timers.sorted().map(({ dueAt, timer }) => ({ dueAt, delayMs: timer.delayMs, inMs: dueAt - this.#nowMs }));
  }

  /**
   * Moves time forward by `ms`, and fires all that comes due on the way, what is armed on the way included. `advance(0)` lets promise
   * reactions come to rest and fires what is due now.
   * @throws {Error} if the clock is moving already: an `await` is missing, or a timer tries to move it.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#fireUntil(untilMs, Number.POSITIVE_INFINITY);
    this.#nowMs = Math.max(this.#nowMs, untilMs); // it is past that already after a stall on the way
  }

  /**
   * Moves time forward, from timer to timer, until none is armed.
   * @throws {Error} if more is left after `limitMs` or `maxTimers`, naming what is pending.
   */
  async runAll({ limitMs = Number.POSITIVE_INFINITY, maxTimers = 100_000 }: RunAllOptions = {}): Promise<void> {
    const startMs = this.#nowMs;
    const fired = await this.#fireUntil(startMs + limitMs, maxTimers);
    const next = this.#timers.first;
    if (next === undefined) return;
    throw new Error(
      `runAll: ${this.#timers.size} timers still pending after ${fired} have fired in ${this.#nowMs - startMs} ms; ` +
        `the next, armed with ${next.timer.delayMs} ms, is due in ${next.dueAt - this.#nowMs} ms`,
    );
  }

  /**
   * Time jumps forward by `ms` as if the event loop had been blocked so long. What came due meanwhile fires once the clock is moved again,
   * with `stalled` if the block beyond its time was at least half its delay, after promise reactions: so an operation that settles its promise right after the stall was in time.
   */
  stall(ms: number): void {
    this.#nowMs += ms;
    this.#stalledUntil = this.#nowMs;
  }

  /** @returns how many timers have fired. */
  async #fireUntil(untilMs: number, maxTimers: number): Promise<number> {
    if (this.#moving) throw new Error('VirtualClock: already moving; await the advance() or runAll() before');
    this.#moving = true;
    let fired = 0;
    try {
      await promisesAtRest();
      for (let next = this.#timers.first; next !== undefined; next = this.#timers.first) {
        if (next.dueAt > untilMs || fired === maxTimers) break;
        this.disarm(next.timer);
        this.#nowMs = Math.max(this.#nowMs, next.dueAt);
        fired++;
        next.timer.fire(cameDueInStall(next.dueAt, next.timer.delayMs, this.#stalledUntil));
        await promisesAtRest();
      }
    } finally {
      this.#moving = false;
    }
    return fired;
  }
}

/** A macrotask: the engine runs one only when there are no more promise reactions, however many followed from each other. */
function promisesAtRest(): Promise<void> {
  return new Promise((resolve) => systemHost.setImmediate(resolve));
}
