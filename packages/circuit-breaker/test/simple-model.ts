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
  ran: { at: number; kind: OutcomeKind; forgotten?: true }[] = [];
  /** Since when, or until when, the present state holds. */
  closedAt: number = 0;
  rampEndsAt: number = 0;
  openUntil: number = 0;
  openedAt: number = 0;
  lastTrialAt: number = 0;
  /** Trial calls the verdict is over. */
  permits: number = 0;
  options: ModelOptions;

  constructor(options: ModelOptions) {
    this.options = options;
  }

  get visibleState(): CircuitState {
    return this.state === 'open' && this.now >= this.openUntil ? 'half-open' : this.state;
  }

  get rampForMs(): number {
    return this.state === 'closed' ? Math.max(0, this.rampEndsAt - this.now) : 0;
  }

  get trialsUnderWay(): number {
    return this.state === 'half-open' ? this.inFlight.filter(({ era }) => era === this.era).length : 0;
  }

  /** The calls that the present verdict is over. */
  get counted(): OutcomeKind[] {
    const { window } = this.options;
    const kindOf = ({ kind }: { kind: OutcomeKind }): OutcomeKind => kind;
    if (this.state !== 'closed') return this.state === 'half-open' ? this.ran.map(kindOf) : [];
    const known = this.ran.filter(({ forgotten }) => forgotten === undefined);
    if ('calls' in window) return known.slice(-window.calls).map(kindOf);
    const slice = (at: number): number => Math.floor(at / (window.durationMs / 10));
    return known.filter(({ at }) => slice(at) > slice(this.now) - 10).map(kindOf);
  }

  /** Whether a call is admitted; if it is, it is in flight from now on. */
  enter(): boolean {
    const { permits, maxWaitMs } = this.options;
    if (this.visibleState === 'half-open' && this.state === 'open') {
      this.#change('half-open');
      this.permits = permits;
    }
    if (this.state === 'half-open') {
      const left = this.permits - this.ran.length - this.trialsUnderWay;
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
      const size = this.permits;
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

  /** Goes on under other options. What they forget is forgotten, also when they change again. */
  update(changes: Partial<ModelOptions>): void {
    const before = this.options;
    const same = JSON.stringify({ ...before, ...changes }.window) === JSON.stringify(before.window);
    if (this.state === 'closed' && !same) this.#forgetAllBut(this.counted.length);
    this.options = { ...before, ...changes };
    if (this.state === 'closed' && !same) {
      if ('durationMs' in before.window) {
        const sliceMs = before.window.durationMs / 10; // when exactly a call of a slice was is not known
        for (const call of this.ran) call.at = Math.floor(call.at / sliceMs) * sliceMs;
      }
      this.#forgetAllBut(this.counted.length);
    }
    const { rampMs } = this.options;
    if (this.now < this.rampEndsAt && rampMs !== before.rampMs) {
      this.rampEndsAt = this.now + ((this.rampEndsAt - this.now) / before.rampMs) * rampMs;
    }
    if (this.state === 'open' && this.now < this.openUntil) this.openUntil = this.openedAt + this.#openFor();
  }

  #forgetAllBut(latest: number): void {
    for (const call of this.ran.slice(0, this.ran.length - latest)) call.forgotten = true;
  }

  #open(): void {
    const { resetAfterMs } = this.options;
    if (this.state === 'closed' && this.now - this.closedAt >= resetAfterMs) this.openings = 0;
    this.openings++;
    this.#change('open');
    this.openedAt = this.now;
    this.openUntil = this.now + this.#openFor();
  }

  #openFor(): number {
    const { openMs, factor, capMs } = this.options;
    let openFor = openMs;
    for (let opening = 1; opening < this.openings; opening++) openFor = Math.min(capMs, openFor * factor);
    return openFor;
  }

  #change(state: CircuitState): void {
    this.state = state;
    this.era++;
    this.ran = [];
    this.closedAt = this.now;
    this.rampEndsAt = 0;
  }
}
