import { publish } from '@holdfast/core';
import type { EventBase, HoldfastEvent, CallContext } from '@holdfast/core';
import type { Transition } from './breaker-state.ts';
import type { CircuitState } from './state.ts';
import type { Rule, Verdict } from './verdict.ts';

interface CircuitEvent extends EventBase {
  /** Name of the circuit breaker. */
  readonly policy: string;
  readonly from: CircuitState;
}

/** The numbers behind a verdict: over the window of a closed circuit, over the trial calls of a half-open one. */
export interface VerdictNumbers extends Omit<Verdict, 'broken'> {}

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** With the call whose ending tipped it; without call and numbers if it was imported. */
    'circuit.opened': CircuitEvent &
      Partial<VerdictNumbers> & {
        readonly reason: Rule | 'imported';
        /** How long from now, in milliseconds. */
        readonly openMs: number;
        /** How often in a row, this time included. */
        readonly openings: number;
      };
    /** With the call that is the first trial: published when it comes, not when the open time is over. */
    'circuit.half-opened': CircuitEvent & { readonly permits: number; readonly openings: number };
    /** With the trial call that decided it, if one did. */
    'circuit.closed': CircuitEvent & {
      readonly reason: 'recovered' | 'manual' | 'imported';
      /** How long only a share of the calls is let through, in milliseconds; 0 without a ramp. */
      readonly rampMs: number;
    };
    'circuit.isolated': CircuitEvent & { readonly reason: 'manual' | 'imported' };
  }
}

/** Why a transition was made, and the call that made it if one did. */
export type Cause =
  | { readonly reason: Rule | 'recovered' | 'trial'; readonly call: CallContext }
  | { readonly reason: 'manual' | 'imported'; readonly call?: undefined };

/** The event of a transition; `undefined` for one that leaves a closed circuit closed or an isolated one isolated. */
export function eventOf(
  policy: string,
  { from, to }: Transition,
  at: number,
  { reason, call }: Cause,
): HoldfastEvent | undefined {
  const base = { at, policy, from: from.kind, ...(call === undefined ? {} : { callId: call.id, pipeline: call.pipeline }) };
  switch (to.kind) {
    case 'open': {
      const { until, openings, verdict } = to;
      if (verdict?.broken === undefined) {
        return { type: 'circuit.opened', ...base, reason: 'imported', openMs: until - at, openings };
      }
      const { broken, ...numbers } = verdict;
      return { type: 'circuit.opened', ...base, ...numbers, reason: broken, openMs: until - at, openings };
    }
    case 'half-open':
      return { type: 'circuit.half-opened', ...base, permits: to.permits, openings: to.openings };
    case 'closed': {
      if (from.kind === 'closed') return undefined;
      const why = reason === 'manual' || reason === 'imported' ? reason : 'recovered';
      return { type: 'circuit.closed', ...base, reason: why, rampMs: Math.max(0, to.rampEndsAt - at) };
    }
    case 'isolated':
      if (from.kind === 'isolated') return undefined;
      return { type: 'circuit.isolated', ...base, reason: reason === 'imported' ? reason : 'manual' };
  }
}

const waiting: HoldfastEvent[] = [];
let publishing = false;

/**
 * Publishes in the order things happened, to every listener: one that calls back into a breaker makes further events while this
 * one is still being told, and they wait for their turn.
 */
export function publishInOrder(event: HoldfastEvent): void {
  waiting.push(event);
  if (publishing) return;
  publishing = true;
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) publish(next);
  } finally {
    publishing = false;
  }
}
