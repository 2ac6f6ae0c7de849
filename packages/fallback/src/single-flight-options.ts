import { callback, flag, readOptions, text } from '@holdfast/core/options';
import { keyOfCall } from './call-key.ts';
import type { KeyOf } from './call-key.ts';
import { changed } from './option-changes.ts';

export interface SingleFlightOptions {
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
   * own deadline. A run that somebody inside gave up is never shared.
   * @default false: a failure may be of one caller's making, such as its time, its class or its credentials, and ends no other's
   */
  readonly shareFailures?: boolean | undefined;
  /**
   * Makes another of an answer that can be used only once, as `(response) => response.clone()` does. All but one of the calls get what
   * it makes, at once and before any of them goes on. If it throws, the call fails with that, classified `ignored`.
   * @default none: all get the very same value
   */
  readonly clone?: ((value: unknown) => unknown) | undefined;
}

/** All options, read. */
export interface SingleFlightSettings {
  readonly name: string;
  readonly keyOf: KeyOf;
  readonly shareFailures: boolean;
  readonly clone: ((value: unknown) => unknown) | undefined;
}

const RULES = {
  name: text('singleFlight'),
  keyOf: callback<KeyOf>('(call) => string | undefined', keyOfCall),
  shareFailures: flag(false),
  clone: callback<((value: unknown) => unknown) | undefined>('(value) => value', undefined),
};

/** @throws {ConfigError} for options that cannot be. */
export function readSingleFlight(options: SingleFlightOptions | undefined): SingleFlightSettings {
  return readOptions('singleFlight', options, RULES);
}

/** The options given so far with changes over them. @throws {ConfigError} for what cannot be, or cannot change. */
export function changedSingleFlight(given: SingleFlightOptions, changes: SingleFlightOptions): SingleFlightOptions {
  return changed('singleFlight', given, changes, RULES, ['name', 'keyOf']);
}
