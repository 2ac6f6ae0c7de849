import { hub, withoutStack } from '@holdfast/core';
import type { CallContext, Clock, Guard, Outcome, PolicyTraits } from '@holdfast/core';
import { BreakerState } from './breaker-state.ts';
import type { Transition } from './breaker-state.ts';
import { merged, readChanges } from './changes.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { eventOf, publishInOrder } from './events.ts';
import type { Cause } from './events.ts';
import type { CircuitBreakerOptions, CircuitBreakerUpdate } from './options.ts';
import { restored, save } from './saved-state.ts';
import type { ImportOptions, SavedCircuit } from './saved-state.ts';
import { readSettings } from './settings.ts';
import type { ReadOptions } from './settings.ts';
import { snapshotOf } from './snapshot.ts';
import type { CircuitBreakerSnapshot } from './snapshot.ts';
import type { CircuitState } from './state.ts';

export interface CircuitBreaker extends Guard {
  readonly name: string;
  readonly clock: Clock;
  /**
   * True at the moment it is read: an open circuit whose time is over reads `half-open`, though its `circuit.half-opened` is
   * published only when a call comes. During a ramp it is `closed`; the snapshot says how much it lets through.
   */
  readonly state: CircuitState;
  /** Refuses every call until `close()`. Calls under way go on, and count for nothing. */
  isolate(): void;
  /** Closes, whatever the state: with empty windows, no ramp, and the next opening a first one. */
  close(): void;
  /**
   * What `importState` takes, here or in another process. Trial calls under way are not in it.
   */
  exportState(): SavedCircuit;
  /**
   * Goes on where another process left off, under the options of this breaker. Calls under way here count for nothing.
   * @throws {ConfigError} for anything `exportState` cannot have made; the state is then what it was.
   */
  importState(saved: SavedCircuit, options?: ImportOptions): void;
  enter(call: CallContext): number | undefined;
  exit(call: CallContext, outcome: Outcome, entered: unknown): undefined;
  snapshot(): CircuitBreakerSnapshot;
  traits(): PolicyTraits;
  /**
   * Checks what is to be changed, and returns what changes it; for `pipeline.update`. What the circuit knows is kept:
   * - Its state and all counts stay. Calls under way still count, trial calls too.
   * - A longer window of time keeps all it holds, a shorter one what it reaches back to, each call taken to be as old as its slice
   *   (a tenth of the window before), so that none counts for too long. A smaller window of calls keeps the latest.
   * - An open circuit is open for as long as if it had opened with the new `openMs` and `backoff`: these are changed in the middle of
   *   an outage, and because of it. An open time that is over stays over.
   * - Trial calls that have begun are judged over as many as there were to be, or the verdict might be missed; other `permits` count
   *   from the next trial on. `maxWaitMs` holds for those under way, too.
   * - `slowCallMs` holds for calls that begin later, in the pipeline it was changed through; what was slow stays so.
   * - A ramp goes on from the share it has reached, at the new pace; without `ramp` all calls are let through. A new one begins with
   *   the next recovery.
   *
   * No verdict is passed on the spot: new ratios judge from the next call on that ends and counts. It is a call that opens a circuit,
   * not its operator, and `circuit.opened` names it.
   * @throws {ConfigError} as when a breaker is made, of all the options together, and on another `name`, `clock`, `random` or
   * kind of window, which cannot change. Nothing has changed then.
   */
  prepareUpdate(options: CircuitBreakerUpdate): () => void;
}

/**
 * Stops calling what is down, and finds out gently when it is back.
 *
 * Closed, it lets all calls through and judges them by the share that failed or was slow, or by failures in a row. Open, it refuses
 * at once. When the open time is over, a few trial calls decide; all others are still refused. Each outage's open time grows.
 *
 * Judged is only what really ran: calls that were ignored, cancelled, rejected further in or stalled by a blocked event loop change
 * nothing, and give back their trial. So does what was admitted before the last change of state, however it ends. Time is noticed
 * when a call comes or the state is read; a breaker has no timer.
 *
 * It does not limit how long a call takes: put a time limit inside of it, whose failures it then counts.
 * @throws {ConfigError} on a value out of range, an unknown option, or options that contradict each other.
 * @see Nygard, Release It! (2007); the windows and ratios after resilience4j and Hystrix, the ramp after Envoy's slow start
 */
export function circuitBreaker(options?: CircuitBreakerOptions): CircuitBreaker {
  return new Breaker(readSettings(options), options === undefined ? NO_OPTIONS : merged(undefined, options));
}

const NO_OPTIONS: CircuitBreakerOptions = {};

/** A class, so that a hundred thousand of them share their methods. */
class Breaker implements CircuitBreaker {
  readonly name: string;
  readonly clock: Clock;
  /** Declared, not defined: a breaker that does not ask has no such property. */
  declare slowCallMs?: number;
  readonly #machine: BreakerState;
  /** For the next change of options, which goes over them. */
  #given: CircuitBreakerOptions;
  #refused: number = 0;

  constructor({ name, clock, random, slowCallMs, settings }: ReadOptions, given: CircuitBreakerOptions) {
    this.name = name;
    this.clock = clock;
    if (slowCallMs !== undefined) this.slowCallMs = slowCallMs;
    this.#machine = new BreakerState(settings, random, clock.now());
    this.#given = given;
  }

  get state(): CircuitState {
    return this.#machine.kindAt(this.clock.now());
  }

  /**
   * Gives the generation; nothing for the first, the one of a circuit that never opened: a standard call without any ticket costs 6 %
   * less.
   */
  enter(call: CallContext): number | undefined {
    const machine = this.#machine;
    const generation = machine.unhindered ? machine.generation : this.#enterHindered(machine, call);
    return generation === 0 ? undefined : generation;
  }

  exit(call: CallContext, outcome: Outcome, entered: unknown): undefined {
    const machine = this.#machine;
    const verdict = machine.learn((entered ?? 0) as number, outcome.kind, this.clock.turnNow());
    if (verdict === undefined) return;
    const now = this.clock.now();
    this.#publish(machine.follow(verdict, now), now, { reason: verdict.broken ?? 'recovered', call });
  }

  isolate(): void {
    this.#publish(this.#machine.isolate(), this.clock.now(), { reason: 'manual' });
  }

  close(): void {
    const now = this.clock.now();
    this.#publish(this.#machine.close(now), now, { reason: 'manual' });
  }

  exportState(): SavedCircuit {
    return save(this.#machine.current, this.clock.now());
  }

  importState(saved: SavedCircuit, options?: ImportOptions): void {
    const now = this.clock.now();
    const state = restored(this.name, saved, options, this.#machine.settings, now);
    this.#publish(this.#machine.restore(state), now, { reason: 'imported' });
  }

  snapshot(): CircuitBreakerSnapshot {
    return snapshotOf(this.name, this.#machine, this.#refused, this.clock.now());
  }

  traits(): PolicyTraits {
    return { judges: true, ...(this.slowCallMs === undefined ? {} : { slowCallMs: this.slowCallMs }) };
  }

  mergeUpdates(before: CircuitBreakerUpdate, next: CircuitBreakerUpdate): object {
    return merged(before as CircuitBreakerOptions, next); // checked when they are made
  }

  prepareUpdate(options: CircuitBreakerUpdate): () => void {
    const { given, settings, slowCallMs } = readChanges(this.#given, options);
    return () => {
      this.#given = given;
      if (slowCallMs === undefined) delete this.slowCallMs;
      else this.slowCallMs = slowCallMs;
      this.#machine.update(settings, this.clock.now());
    };
  }

  #enterHindered(machine: BreakerState, call: CallContext): number {
    const now = this.clock.now();
    const transition = machine.wake(now);
    const refusal = machine.admit(now);
    // A listener may call back and change the state; this call was admitted before.
    const { generation } = machine;
    if (transition !== undefined) this.#publish(transition, now, { reason: 'trial', call });
    if (refusal === undefined) return generation;
    this.#refused++;
    throw withoutStack(() => new CircuitOpenError(this.name, refusal.reason, refusal.retryAfterMs));
  }

  /** Called when all is changed and consistent, never before. */
  #publish(transition: Transition, at: number, cause: Cause): void {
    if (!hub.active) return;
    const event = eventOf(this.name, transition, at, cause);
    if (event !== undefined) publishInOrder(event);
  }
}
