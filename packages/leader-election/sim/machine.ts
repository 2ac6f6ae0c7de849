import type { Agenda } from './agenda.ts';
import type { Instant } from '../src/elector/instant.ts';
import type { MachineClock } from './machine-clock.ts';

export interface Timer {
  /** On the machine's monotonic clock. */
  readonly dueMs: number;
  readonly run: () => void;
  live: boolean;
}

/** Timers of Node are late by up to this much even on an idle machine; it also keeps two equal times from standing still. */
const TIMER_GRAIN_MS = 0.5;

/**
 * A machine with one process on it, with an event loop. While it stalls or sleeps, messages and due timers wait; then the timers run
 * first, in the order in which they were due, and then the messages, as in Node.
 */
export class Machine {
  readonly clock: MachineClock;
  readonly #agenda: Agenda;
  /** Counts the processes: what belongs to one that is gone does not happen. */
  #life = 0;
  #stalls = 0;
  #stalledMs = 0;
  #stalledSinceMs = 0;
  #overdue: Timer[] = [];
  #asleep: Timer[] = [];
  #inbox: (() => void)[] = [];

  constructor(clock: MachineClock, agenda: Agenda) {
    this.clock = clock;
    this.#agenda = agenda;
  }

  get life(): number {
    return this.#life;
  }

  /** Whether anything can run on it now. */
  get runs(): boolean {
    return this.#stalls === 0 && !this.clock.asleep;
  }

  /** For how long nothing ran on it although its clocks went on, all in all and on its clock. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  now(): Instant {
    return this.clock.at(this.#agenda.nowMs);
  }

  timer(afterMs: number, run: () => void): Timer {
    const timer: Timer = { dueMs: this.now().monoMs + afterMs, run, live: true };
    this.#arm(timer);
    return timer;
  }

  /** A message for the process that runs now; lost if that is gone when it could be handled. */
  deliver(run: () => void): void {
    if (this.runs) run();
    else this.#inbox.push(run);
  }

  stall(forMs: number): void {
    const life = this.#life;
    if (this.#stalls++ === 0) this.#stalledSinceMs = this.now().monoMs;
    this.#agenda.after(forMs, () => {
      if (this.#life !== life) return;
      if (--this.#stalls === 0) this.#stalledMs += this.now().monoMs - this.#stalledSinceMs;
      this.#catchUp();
    });
  }

  sleep(forMs: number): void {
    if (this.clock.asleep) return;
    this.clock.fallAsleep(this.#agenda.nowMs);
    this.#agenda.after(forMs, () => {
      this.clock.wakeUp(this.#agenda.nowMs);
      for (const timer of this.#asleep.splice(0)) this.#arm(timer);
      this.#catchUp();
    });
  }

  /** `kill -9`: all that the process knew, and all that it waited for, is gone. */
  crash(): void {
    this.#life++;
    this.#stalls = 0;
    this.#overdue = [];
    this.#asleep = [];
    this.#inbox = [];
  }

  #arm(timer: Timer): void {
    const life = this.#life;
    const afterMs = Math.max(0, timer.dueMs - this.now().monoMs) / this.clock.rate;
    this.#agenda.after(afterMs + TIMER_GRAIN_MS, () => {
      if (this.#life === life && timer.live) this.#ring(timer);
    });
  }

  #ring(timer: Timer): void {
    if (this.clock.asleep) this.#asleep.push(timer);
    else if (this.now().monoMs < timer.dueMs) this.#arm(timer); // it slept meanwhile
    else if (this.#stalls > 0) this.#overdue.push(timer);
    else timer.run();
  }

  #catchUp(): void {
    if (!this.runs) return;
    const overdue = this.#overdue.splice(0).sort((a, b) => a.dueMs - b.dueMs);
    const life = this.#life;
    for (const timer of overdue) if (timer.live && this.#life === life) timer.run();
    for (const run of this.#inbox.splice(0)) if (this.#life === life) run();
  }
}
