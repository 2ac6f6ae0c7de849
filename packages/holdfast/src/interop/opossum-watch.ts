import type { CircuitState } from '@holdfast/circuit-breaker';
import { hub, publish } from '@holdfast/core';
import type { CallContext, Clock, HoldfastEvent } from '@holdfast/core';
import type { OpossumBucket, OpossumInside } from './opossum-types.ts';

type Counts = Readonly<Pick<OpossumBucket, 'fires' | 'failures' | 'successes' | 'timeouts' | 'rejects' | 'semaphoreRejections'>>;

/**
 * Follows a breaker's state by its events, whoever caused them, and publishes them as ours. It listens for as long as the breaker lives,
 * and before all others, so that no listener that throws can keep a change of state from it.
 */
export class CircuitWatch {
  /** Grows with every change of state: what was admitted in an earlier one is out of date. */
  generation: number = 0;
  /** How often it has opened in a row. */
  openings: number = 0;
  state: CircuitState;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #breaker: OpossumInside;
  /** When an open circuit will be half-open; not known of one that was open before it was watched. */
  #openUntil: number | undefined;
  /** The call of ours that opossum's code is running for. */
  #call: CallContext | undefined;

  constructor(name: string, clock: Clock, breaker: OpossumInside) {
    this.#name = name;
    this.#clock = clock;
    this.#breaker = breaker;
    this.state = breaker.closed ? 'closed' : breaker.halfOpen ? 'half-open' : 'open';
    breaker.prependListener('open', () => this.#opened());
    breaker.prependListener('halfOpen', () => this.#halfOpened());
    breaker.prependListener('close', () => this.#closed());
  }

  /** Changes of state that are made by `run` are this call's doing. */
  during<T>(call: CallContext, run: () => T): T {
    const outer = this.#call;
    this.#call = call;
    try {
      return run();
    } finally {
      this.#call = outer;
    }
  }

  /** Milliseconds until the trial call; `undefined` where nobody knows. */
  openForMs(): number | undefined {
    if (this.state !== 'open' || this.#openUntil === undefined) return undefined;
    return Math.max(0, this.#openUntil - this.#clock.now());
  }

  /** Over the rolling window. By hand: the breaker's own `stats` sorts all latencies each time. */
  counts(): Counts {
    const sum = { fires: 0, failures: 0, successes: 0, timeouts: 0, rejects: 0, semaphoreRejections: 0 };
    for (const bucket of this.#breaker.status.window) {
      for (const count of Object.keys(sum) as (keyof Counts)[]) sum[count] += bucket[count];
    }
    return sum;
  }

  #opened(): void {
    const from = this.#become('open');
    this.openings = from === 'half-open' ? this.openings + 1 : 1;
    const { resetTimeout: openMs } = this.#breaker.options;
    this.#openUntil = this.#clock.now() + openMs;
    if (!hub.active) return;
    const { openings } = this;
    const happened = { type: 'circuit.opened' as const, ...this.#base(from), openMs, openings };
    if (this.#call === undefined) return publish({ ...happened, reason: 'imported' });
    const { fires: calls, failures } = this.counts();
    publish({ ...happened, reason: 'failureRatio', calls, failures, failureRatio: failures / Math.max(1, calls) });
  }

  #halfOpened(): void {
    const from = this.#become('half-open');
    const { openings } = this;
    if (hub.active) publish({ type: 'circuit.half-opened', ...this.#base(from), permits: 1, openings });
  }

  #closed(): void {
    const from = this.#become('closed');
    this.openings = 0;
    const reason = this.#call === undefined ? 'imported' : 'recovered';
    if (hub.active) publish({ type: 'circuit.closed', ...this.#base(from), reason, rampMs: 0 });
  }

  #become(state: CircuitState): CircuitState {
    const from = this.state;
    this.state = state;
    this.generation++;
    return from;
  }

  #base(from: CircuitState): Pick<HoldfastEvent, 'at' | 'callId' | 'pipeline'> & { policy: string; from: CircuitState } {
    const call = this.#call;
    const base = { at: this.#clock.now(), policy: this.#name, from };
    return call === undefined ? base : { ...base, callId: call.id, pipeline: call.pipeline };
  }
}
