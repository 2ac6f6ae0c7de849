import type { OutcomeKind } from '@holdfast/core';
import { carryOver } from './carry-over.ts';
import type { RefusalReason } from './circuit-open-error.ts';
import { openTimeMs } from './open-time.ts';
import type { Settings } from './settings.ts';
import { closed, halfOpen, NEVER } from './state.ts';
import type { CircuitState, Closed, HalfOpen, State } from './state.ts';
import { hasRun, Tally } from './tally.ts';
import { judgeTrial, judgeWindow } from './verdict.ts';
import type { Verdict } from './verdict.ts';

export interface Transition {
  readonly from: State;
  readonly to: State;
}

export interface Refusal {
  readonly reason: RefusalReason;
  readonly retryAfterMs: number | undefined;
}

/**
 * The state of a circuit and all that changes it, over times handed in. It reads no clock and tells nobody: whoever asks publishes
 * the transitions it hands back, when all is changed.
 *
 * Each transition begins a new `generation`. A call carries the one it was admitted in, and its outcome counts in that one only:
 * what comes late from an earlier state is no news about the present one.
 */
export class BreakerState {
  generation: number = 0;
  current: State;
  settings: Settings;
  readonly #random: () => number;

  constructor(settings: Settings, random: () => number, nowMs: number) {
    this.settings = settings;
    this.#random = random;
    this.current = closed(settings, nowMs, 0, 0);
  }

  /** Whether every call is admitted, whatever the time: the healthy case, which needs no clock. */
  get unhindered(): boolean {
    return this.current.kind === 'closed' && this.current.rampEndsAt === NEVER;
  }

  /** The state at a time not before the last one. An open circuit whose time is over is half-open, if nobody has called yet, too. */
  kindAt(nowMs: number): CircuitState {
    const { current } = this;
    return current.kind === 'open' && nowMs >= current.until ? 'half-open' : current.kind;
  }

  /** What has come to pass by time alone. To be called before `admit`. */
  wake(nowMs: number): Transition | undefined {
    const { current, settings } = this;
    if (current.kind === 'closed' && nowMs >= current.rampEndsAt) current.rampEndsAt = NEVER;
    if (current.kind === 'open' && nowMs >= current.until) {
      return this.#become(halfOpen(current.openings, settings.permits, new Tally()));
    }
    // The trial calls hang: their permits are given out anew, in a new generation, so that they cannot end a second time.
    if (current.kind === 'half-open' && !hasPermit(current) && nowMs >= current.lastTrialAt + settings.maxWaitMs) {
      this.#become(halfOpen(current.openings, current.permits, current.tally));
    }
    return undefined;
  }

  /** Admits a call in the present generation, or says why not. */
  admit(nowMs: number): Refusal | undefined {
    const { current, settings } = this;
    switch (current.kind) {
      case 'closed':
        if (this.#random() < this.admittedRatio(nowMs)) return undefined;
        return { reason: 'ramp', retryAfterMs: Math.min(settings.rampMs / 10, current.rampEndsAt - nowMs) };
      case 'open':
        return { reason: 'open', retryAfterMs: current.until - nowMs };
      case 'half-open':
        if (!hasPermit(current)) {
          const waitMs = current.lastTrialAt + settings.maxWaitMs - nowMs;
          return { reason: 'half-open', retryAfterMs: Math.min(settings.openMs, waitMs) };
        }
        current.outstanding++;
        current.lastTrialAt = nowMs;
        return undefined;
      case 'isolated':
        return { reason: 'isolated', retryAfterMs: undefined };
    }
  }

  /** Share of the calls a closed circuit lets through: 1 but in a ramp, where it grows evenly. 0 in every other state. */
  admittedRatio(nowMs: number): number {
    const { current, settings } = this;
    if (current.kind !== 'closed') return 0;
    if (nowMs >= current.rampEndsAt) return 1;
    const passedRatio = Math.max(0, 1 - (current.rampEndsAt - nowMs) / settings.rampMs);
    return settings.rampStartRatio + (1 - settings.rampStartRatio) * passedRatio;
  }

  /**
   * Learns how a call of `generation` has ended. Changes no state: a verdict is to be passed to `follow` at once, with an exact
   * time, while this may be the time of the event-loop turn.
   */
  learn(generation: number, kind: OutcomeKind, nowMs: number): Verdict | undefined {
    if (generation !== this.generation) return undefined;
    const { current, settings } = this;
    if (current.kind === 'closed') {
      if (!hasRun(kind)) return undefined;
      current.consecutiveFailures = kind === 'failure' ? current.consecutiveFailures + 1 : 0;
      current.window?.add(kind, nowMs);
      if (isFaultless(current)) return undefined;
      const enough = nowMs < current.rampEndsAt ? settings.rampMinimumCalls : settings.minimumCalls;
      return judgeWindow(settings, current.window ?? NOTHING, current.consecutiveFailures, enough);
    }
    if (current.kind === 'half-open') {
      current.outstanding--;
      if (!hasRun(kind)) return undefined;
      current.tally.add(kind);
      return judgeTrial(settings, current.permits, current.tally);
    }
    return undefined; // no call is admitted in the other states, so none carries their generation
  }

  /** Carries out a verdict. */
  follow(verdict: Verdict, nowMs: number): Transition {
    const { current, settings } = this;
    const before = current.kind === 'isolated' ? 0 : current.openings;
    if (verdict.broken === undefined) return this.#become(closed(settings, nowMs, before, settings.rampMs));
    const isNewOutage = current.kind === 'closed' && nowMs - current.since >= settings.resetAfterMs;
    const openings = isNewOutage ? 1 : before + 1;
    const draw = openings > 1 ? this.#random() : 0; // the first opening has no jitter
    const until = nowMs + openTimeMs(settings, openings, draw);
    return this.#become({ kind: 'open', since: nowMs, until, openings, draw, verdict });
  }

  isolate(): Transition {
    return this.#become({ kind: 'isolated' });
  }

  /** Closes at an operator's word: at once, wholly, and with nothing held against it. */
  close(nowMs: number): Transition {
    return this.#become(closed(this.settings, nowMs, 0, 0));
  }

  /** Takes over a state that was saved. */
  restore(state: State): Transition {
    return this.#become(state);
  }

  /**
   * Goes on under other settings, with the same kind of window. No transition: the generation stays, so calls under way still count,
   * and the first verdict by the new settings is that on the next call that ends.
   */
  update(settings: Settings, nowMs: number): void {
    carryOver(this.current, this.settings, settings, nowMs);
    this.settings = settings;
  }

  /** Every change of state, and so of generation, is made here. */
  #become(to: State): Transition {
    const from = this.current;
    this.current = to;
    this.generation++;
    return { from, to };
  }
}

/** Whether no rule can be broken: nothing that counts against it is remembered. */
function isFaultless({ consecutiveFailures, window }: Closed): boolean {
  return consecutiveFailures === 0 && (window === undefined || window.failures + window.slow === 0);
}

function hasPermit({ permits, tally, outstanding }: HalfOpen): boolean {
  return tally.calls + outstanding < permits;
}

const NOTHING: Tally = new Tally();
