import type { PolicyTraits, Wrapper } from '@holdfast/core';
import { Flights } from './flights.ts';
import type { SingleFlightOptions } from './single-flight-options.ts';

export interface SingleFlightSnapshot {
  readonly policy: string;
  readonly kind: 'singleFlight';
  /** Keys with a run that calls may join. */
  readonly keys: number;
  /** Calls that wait for a run now, those that began one included. */
  readonly waiting: number;
  /** Runs begun so far, */
  readonly runs: number;
  /** calls that shared one of another's, */
  readonly joined: number;
  /** runs cancelled because all calls had left, */
  readonly abandoned: number;
  /** runs begun because an earlier one had failed another call, */
  readonly renewed: number;
  /** and calls that had no key, and ran alone. */
  readonly unkeyed: number;
}

export interface SingleFlight extends Wrapper {
  readonly name: string;
  /** Later calls with this key begin a run of their own: for after a write, when one under way may still read what was before it. */
  forget(key: string): void;
  snapshot(): SingleFlightSnapshot;
  traits(): PolicyTraits;
  /** `shareFailures` and `clone` hold from the next ending on, for calls that wait already, too; the others cannot change. */
  prepareUpdate<T = unknown>(options: SingleFlightOptions<T>): () => void;
}

/**
 * Lets calls with the same key that run at the same time share one run of what is inside: that of the first. When it has ended the
 * next call begins a new one; nothing is kept.
 *
 * Every call waits by its own patience: its abort, or the end of its time, ends its wait at once and with its own reason, and touches
 * no other call, not even when it is the one that began the run. When the last one leaves, the run is cancelled the way that one
 * was: by a time-out, for instance, which a circuit breaker inside counts as a failure. The run's deadline is the latest of those
 * that share it. It runs with the key, criticality, attributes and operation, and in the async context, of the call that began it.
 *
 * Failures are not shared, unless asked for; an answer that counts as a failure is one.
 *
 * Not promised: that an operation that ignores its signal has ended before the next run of its key begins. A call made from within
 * the run with the same key runs alone, for it would wait for itself; that is seen only if it was told its parent.
 * @throws {ConfigError} for options that cannot be.
 * @see Go, golang.org/x/sync/singleflight; there all share failures, and all share the leader's cancellation
 */
export function singleFlight<T = unknown>(options?: SingleFlightOptions<T>): SingleFlight {
  return new Flights(options as SingleFlightOptions | undefined);
}
