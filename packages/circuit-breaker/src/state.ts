import { CountWindow } from './count-window.ts';
import { RollingWindow } from './rolling-window.ts';
import type { Settings } from './settings.ts';
import { Tally } from './tally.ts';
import type { Window } from './tally.ts';
import type { Verdict } from './verdict.ts';

/** Times are monotonic milliseconds. `openings` counts how often the circuit has opened in a row. */
export type State = Closed | Open | HalfOpen | { readonly kind: 'isolated' };

export interface Closed {
  readonly kind: 'closed';
  readonly since: number;
  readonly openings: number;
  /** `undefined` where only failures in a row count. */
  window: Window | undefined;
  consecutiveFailures: number;
  /** `NEVER` once all calls are let through. */
  rampEndsAt: number;
}

export interface Open {
  readonly kind: 'open';
  readonly since: number;
  until: number;
  readonly openings: number;
  /** The chance that was drawn for its jitter, uniform in [0, 1). */
  readonly draw: number;
  /** Why; `undefined` if the state came from another process. */
  readonly verdict: Verdict | undefined;
}

export interface HalfOpen {
  readonly kind: 'half-open';
  readonly openings: number;
  /** How many trial calls the verdict is over: those of the settings it began under. */
  readonly permits: number;
  /** How the trial calls that are over have ended. */
  readonly tally: Tally;
  /** Trial calls under way, */
  outstanding: number;
  /** and when the last of them was let through. */
  lastTrialAt: number;
}

export type CircuitState = State['kind'];

export const NEVER: number = Number.NEGATIVE_INFINITY;

export function closed(settings: Settings, nowMs: number, openings: number, rampMs: number): Closed {
  const { windowMs, windowCalls } = settings;
  const timed = windowMs > 0 ? new RollingWindow(windowMs, nowMs) : undefined;
  const window = windowCalls > 0 ? new CountWindow(windowCalls) : timed;
  const rampEndsAt = rampMs > 0 ? nowMs + rampMs : NEVER;
  return { kind: 'closed', since: nowMs, openings, window, consecutiveFailures: 0, rampEndsAt };
}

export function halfOpen(openings: number, permits: number, tally: Tally): HalfOpen {
  return { kind: 'half-open', openings, permits, tally, outstanding: 0, lastTrialAt: NEVER };
}
