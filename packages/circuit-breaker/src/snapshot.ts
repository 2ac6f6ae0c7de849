import type { BreakerState } from './breaker-state.ts';
import type { CircuitState, State } from './state.ts';
import { shareOf, Tally } from './tally.ts';
import type { Counts } from './tally.ts';
import type { Rule } from './verdict.ts';

/** A circuit at one moment, as plain JSON. */
export interface CircuitBreakerSnapshot extends Counts {
  readonly policy: string;
  readonly kind: 'circuitBreaker';
  readonly state: CircuitState;
  /**
   * `calls`, `failures`, `slow` and both ratios are over the window while closed, over the trial calls while half-open, and while
   * open those that led to it.
   */
  readonly failureRatio: number;
  readonly slowRatio: number;
  readonly consecutiveFailures: number;
  /** The rule that opened it; only while open. */
  readonly openedBy: Rule | undefined;
  /** Milliseconds until trial calls are let through; 0 unless open. */
  readonly openForMs: number;
  /** How often it has opened in a row. */
  readonly openings: number;
  /** Trial calls under way. */
  readonly outstandingTrials: number;
  /** Share of the calls let through: 1 when closed, less during a ramp, else 0. Trial calls are apart from it. */
  readonly admittedRatio: number;
  /** Calls refused since it was made, for whatever reason; not exported. */
  readonly refused: number;
}

export function snapshotOf(policy: string, machine: BreakerState, refused: number, nowMs: number): CircuitBreakerSnapshot {
  const { current } = machine;
  const state = machine.kindAt(nowMs);
  const { calls, failures, slow } = countsOf(current, state, nowMs);
  const verdict = current.kind === 'open' && state === 'open' ? current.verdict : undefined;
  return {
    policy,
    kind: 'circuitBreaker',
    state,
    calls,
    failures,
    slow,
    failureRatio: shareOf(failures, calls),
    slowRatio: shareOf(slow, calls),
    consecutiveFailures: current.kind === 'closed' ? current.consecutiveFailures : (verdict?.consecutiveFailures ?? 0),
    openedBy: verdict?.broken,
    openForMs: current.kind === 'open' && state === 'open' ? current.until - nowMs : 0,
    openings: current.kind === 'isolated' ? 0 : current.openings,
    outstandingTrials: current.kind === 'half-open' ? current.outstanding : 0,
    admittedRatio: machine.admittedRatio(nowMs),
    refused,
  };
}

const NOTHING: Counts = new Tally();

function countsOf(current: State, state: CircuitState, nowMs: number): Counts {
  switch (current.kind) {
    case 'closed':
      current.window?.expire(nowMs);
      return current.window ?? NOTHING;
    case 'half-open':
      return current.tally;
    case 'open':
      return (state === 'open' ? current.verdict : undefined) ?? NOTHING;
    case 'isolated':
      return NOTHING;
  }
}
