import type { CircuitState } from '@holdfast/circuit-breaker';
import type { OutcomeKind } from '@holdfast/core';

export interface ModelOptions {
  window: { durationMs: number } | { calls: number };
  failureRatio: number;
  slowRatio: number;
  minimumCalls: number;
  /** `Infinity` for none. */
  consecutiveFailures: number;
  openMs: number;
  factor: number;
  capMs: number;
  resetAfterMs: number;
  permits: number;
  maxWaitMs: number;
  /** 0 for none. */
  rampMs: number;
  rampMinimumCalls: number;
}

export interface ModelCall {
  /** How many changes of state came before it. */
  era: number;
}

/**
 * A circuit as one would explain it: a log of everything, looked through from the start at every question. Slow, and nothing to
 * get wrong. Its ramp admits every call, as that of a breaker does whose `random` is always 0.
 */
export class SimpleModel {
  now: number = 0;
  state: Exclude<CircuitState, 'half-open'> | 'half-open' = 'closed';
  era: number = 0;
  openings: number = 0;
  inFlight: ModelCall[] = [];
  /** All that ran in the present era, or as trials since the circuit is half-open. */
  ran: { at: number; kind: OutcomeKind }[] = [];
  /** Since when, or until when, the present state holds. */
  closedAt: number = 0;
  rampEndsAt: number = 0;
  openUntil: number = 0;
  lastTrialAt: number = 0;
  readonly options: ModelOptions;

  constructor(options: ModelOptions) {
    this.options = options;
  }

  get visibleState(): CircuitState {
    return this.state === 'open' && this.now >= this.openUntil ? 'half-open' : this.state;
  }

  get trialsUnderWay(): number {
    return this.state === 'half-open' ? this.inFlight.filter(({ era }) => era === this.era).length : 0;
  }

  /** The calls that the present verdict is over. */
  get counted(): OutcomeKind[] {
    const { window } = this.options;
    if (this.state !== 'closed') return this.state === 'half-open' ? this.ran.map(({ kind }) => kind) : [];
    if ('calls' in window) return this.ran.map(({ kind }) => kind).slice(-window.calls);
    const slice = (at: number): number => Math.floor(at / (window.durationMs / 10));
    return this.ran.filter(({ at }) => slice(at) > slice(this.now) - 10).map(({ kind }) => kind);
  }

  /** Whether a call is admitted; if it is, it is in flight from now on. */
  enter(): boolean {
    const { permits, maxWaitMs } = this.options;
    if (this.visibleState === 'half-open' && this.state === 'open') this.#change('half-open');
    if (this.state === 'half-open') {
      const left = permits - this.ran.length - this.trialsUnderWay;
      if (left === 0 && this.now < this.lastTrialAt + maxWaitMs) return false;
      if (left === 0) this.era++; // those that hang belong to the past, what the others have shown does not
      this.lastTrialAt = this.now;
    }
    if (this.state === 'open' || this.state === 'isolated') return false;
    this.inFlight.push({ era: this.era });
    return true;
  }

  exit(index: number, kind: OutcomeKind): void {
    const [call] = this.inFlight.splice(index, 1);
    if (call!.era !== this.era || !['success', 'slow', 'failure'].includes(kind)) return;
    this.ran.push({ at: this.now, kind });
    const { options, counted } = this;
    const failures = counted.filter((one) => one === 'failure').length;
    const slow = counted.filter((one) => one === 'slow').length;
    if (this.state === 'half-open') {
      const size = options.permits;
      const missing = size - counted.length;
      if (failures / size >= options.failureRatio || slow / size >= options.slowRatio) this.#open();
      else if ((failures + missing) / size < options.failureRatio && (slow + missing) / size < options.slowRatio) {
        this.#change('closed');
        this.rampEndsAt = this.now + options.rampMs;
      }
      return;
    }
    const enough = this.now < this.rampEndsAt ? options.rampMinimumCalls : options.minimumCalls;
    const inARow = this.ran.length - 1 - this.ran.findLastIndex((one) => one.kind !== 'failure');
    const broken = failures / counted.length >= options.failureRatio || slow / counted.length >= options.slowRatio;
    if (inARow >= options.consecutiveFailures || (counted.length >= enough && broken)) this.#open();
  }

  isolate(): void {
    if (this.state !== 'isolated') this.#change('isolated');
  }

  close(): void {
    this.#change('closed');
    this.openings = 0;
  }

  #open(): void {
    const { openMs, factor, capMs, resetAfterMs } = this.options;
    if (this.state === 'closed' && this.now - this.closedAt >= resetAfterMs) this.openings = 0;
    this.openings++;
    this.#change('open');
    let openFor = openMs;
    for (let opening = 1; opening < this.openings; opening++) openFor = Math.min(capMs, openFor * factor);
    this.openUntil = this.now + openFor;
  }

  #change(state: CircuitState): void {
    this.state = state;
    this.era++;
    this.ran = [];
    this.closedAt = this.now;
    this.rampEndsAt = 0;
  }
}
