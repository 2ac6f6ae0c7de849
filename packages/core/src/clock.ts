/**
 * Something that is to happen once at a time. The clock links it into its own lists, so arming allocates nothing;
 * a timer belongs to one clock at a time.
 */
export interface Timer {
  /**
   * When it is due, in the clock's milliseconds; `NaN` while not armed, or armed but not yet anchored: a clock may count
   * the delay from the end of the present event-loop turn.
   */
  dueAt: number;
  /** The delay it was last armed with, in milliseconds. */
  delayMs: number;
  /** Neighbours in the list the clock keeps it in. For clocks only. */
  previous: Timer | undefined;
  next: Timer | undefined;
  /**
   * Called by the clock once the time has come; the timer is disarmed by then. Must not throw.
   * @param stalled whether the event loop was blocked when the time came, for long in comparison to the delay: then the timer says
   * nothing about what it waited for.
   */
  fire(stalled: boolean): void;
}

/** Where policies get their time from. Never the wall clock: it jumps. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start, with fractions. */
  now(): number;
  /**
   * As `now()`, read at most once in an event-loop turn: never in the future, behind by at most the present turn.
   * For windows and statistics, where the time of the turn is exact enough and a clock read is not free.
   */
  turnNow(): number;
  /**
   * Calls `timer.fire()` once, `delayMs` from now and never earlier; the delay may be counted from the end of the present
   * event-loop turn. Arming an armed timer moves it. Any non-negative delay is safe; `Infinity` never fires.
   */
  arm(timer: Timer, delayMs: number): void;
  /** Takes the timer back; nothing happens if it is not armed. */
  disarm(timer: Timer): void;
  /** Resolves after `delayMs`, or rejects with `signal.reason` as soon as the signal aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer that calls a function. */
export class Alarm implements Timer {
  dueAt: number = Number.NaN;
  delayMs: number = 0;
  previous: Timer | undefined = undefined;
  next: Timer | undefined = undefined;
  readonly #ring: (stalled: boolean) => void;
  constructor(ring: (stalled: boolean) => void) {
    this.#ring = ring;
  }
  fire(stalled: boolean): void {
    this.#ring(stalled);
  }
}
