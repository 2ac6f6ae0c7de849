import type { CircuitState } from '@holdfast/circuit-breaker';
import { ConfigError } from '@holdfast/core';
import type { Clock, Guard, PolicyTraits } from '@holdfast/core';
import { OpossumDriver } from './opossum-driver.ts';
import { OpossumGuard } from './opossum-guard.ts';
import { nameOf, readOpossumOptions } from './opossum-options.ts';
import type { OpossumBreakerOptions } from './opossum-options.ts';
import { keysOf } from './opossum-types.ts';
import type { OpossumCircuit, OpossumInside } from './opossum-types.ts';

/** A breaker at one moment, as plain JSON; the counts are over its rolling window, direct calls included. */
export interface OpossumBreakerSnapshot {
  readonly policy: string;
  readonly kind: 'opossumBreaker';
  readonly state: CircuitState;
  readonly enabled: boolean;
  readonly fires: number;
  readonly failures: number;
  readonly successes: number;
  readonly timeouts: number;
  readonly rejects: number;
  readonly semaphoreRejections: number;
  /** How often it has opened in a row, since it is a policy. */
  readonly openings: number;
}

export interface OpossumBreaker extends Guard {
  readonly name: string;
  readonly clock: Clock;
  snapshot(): OpossumBreakerSnapshot;
  traits(): PolicyTraits;
  prepareUpdate(options: object): () => void;
}

const A_BREAKER = 'an opossum CircuitBreaker (version 9 or 10)';

/**
 * Somebody's opossum `CircuitBreaker` as a policy. Calls of the pipeline and calls that older code still makes by `breaker.fire()`
 * share its state and its counts: either opens it for both. Its events, statistics, thresholds, trial call, warm-up and `capacity`
 * work as its owner configured them; what a call tells is the pipeline's one classification, and `errorFilter` may excuse a failure
 * further.
 *
 * Unlike a call that is fired directly
 * - one that was ignored, cancelled, rejected further in or stalled counts as neither success nor failure, and a trial call that ended
 *   so is given to the next caller;
 * - the outcome of a call never moves a state other than the one it was admitted in; it is counted only if the circuit is open by then;
 * - its action, fallback and `abortController` are not used: the operation is the pipeline's, and `call.signal` aborts it.
 *
 * A breaker that is disabled admits everything and learns nothing; one that was shut down refuses everything.
 * @throws {ConfigError} for options that cannot be, for something that is no opossum breaker, and for one with `cache` or
 * `coalesce`, which answer without a call, or with a fallback function unless it is to be ignored.
 */
export function opossumBreaker(breaker: OpossumCircuit, options?: OpossumBreakerOptions): OpossumBreaker {
  const keys = keysOf(breaker);
  if (keys === undefined) throw new ConfigError('opossumBreaker', 'breaker', breaker, A_BREAKER);
  const inside = breaker as OpossumInside;
  const settings = readOpossumOptions(nameOf(inside), options);
  const { name, ignoreFallback } = settings;
  for (const option of ['cache', 'coalesce'] as const) {
    const instead = option === 'cache' ? 'staleCache' : 'singleFlight';
    const value = inside.options[option];
    if (value)
      throw new ConfigError(name, `breaker.options.${option}`, value, `off: use the policy ${instead}, outside of the breaker`);
  }
  if (inside[keys.fallback] != null && !ignoreFallback) {
    const allowed = 'true for a breaker with a fallback function: only what is fired directly would have it';
    throw new ConfigError(name, 'ignoreFallback', false, allowed);
  }
  return new OpossumGuard(settings, inside, new OpossumDriver(inside, keys));
}
