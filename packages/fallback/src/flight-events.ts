import type { EventBase, HoldfastEvent } from '@holdfast/core';

/** What every event of a single flight says. */
export interface OfFlight extends EventBase {
  readonly policy: string;
  readonly key: string;
}

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** A call shares a run that was under way; `runId` is the id of the call that began it, `sharing` how many share it now. */
    'singleFlight.joined': OfFlight & { readonly runId: number; readonly sharing: number };
    /** All calls that shared a run had left, and it was cancelled. */
    'singleFlight.abandoned': OfFlight & { readonly reason: unknown };
    /** A run failed another call with `error`, and this one begins a new run, with its own operation. */
    'singleFlight.renewed': OfFlight & { readonly error: unknown };
  }
}

export type SingleFlightEvent = Extract<HoldfastEvent, { readonly type: `singleFlight.${string}` }>;
