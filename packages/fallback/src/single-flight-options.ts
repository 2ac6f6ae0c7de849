import { callback, flag, readOptions, text } from '@holdfast/core/options';
import { keyOfCall } from './call-key.ts';
import type { KeyOf } from './call-key.ts';
import type { Clone } from './copy.ts';

/** @typeParam T what the operations answer with, where an option is to know it; nobody checks that they do. */
export interface SingleFlightOptions<T = unknown> {
  /** Shown in errors, events and snapshots. @default 'singleFlight' */
  readonly name?: string | undefined;
  /**
   * Calls with the same key share one run. The key must say all that the answer depends on, also who is asking where that matters. A
   * call without a key runs alone.
   * @default the call's own `key`
   */
  readonly keyOf?: KeyOf | undefined;
  /**
   * Whether a run that fails ends all calls that wait for it. By default it ends one of them, that which has waited longest, and the
   * others share a new run: each call gets at most its own failure, after as many failed runs as there were calls before it, or its
   * own deadline. A run that somebody inside gave up is never shared. What was decided in the run stands in the trail of the call that
   * began it, as its `call.finished` has it; `trailOf` a shared error has but the trail of the last call it ended.
   * @default false: a failure may be of one caller's making, such as its time, its class or its credentials, and ends no other's
   */
  readonly shareFailures?: boolean | undefined;
  /**
   * Makes another of an answer that can be used only once, as `(response) => response.clone()` does. All but one of the calls get what
   * it makes, at once and before any of them goes on. If it throws, or gives a promise, the call fails with that, classified
   * `ignored` (and it is reported as `policy.faulted`).
   * @default none: all get the very same value
   */
  readonly clone?: Clone<T> | undefined;
}

/** All options, read. */
export interface SingleFlightSettings {
  readonly name: string;
  readonly keyOf: KeyOf;
  readonly shareFailures: boolean;
  readonly clone: Clone | undefined;
}

const RULES = {
  name: text('singleFlight'),
  keyOf: callback<KeyOf>('(call) => string | undefined', keyOfCall),
  shareFailures: flag(false),
  clone: callback<Clone | undefined>('(value) => value', undefined),
};

/** What it was made by. */
export const FIXED = ['name', 'keyOf'] as const;

/** @throws {ConfigError} for options that cannot be. */
export function readSingleFlight(options: SingleFlightOptions | undefined): SingleFlightSettings {
  return readOptions('singleFlight', options, RULES);
}
