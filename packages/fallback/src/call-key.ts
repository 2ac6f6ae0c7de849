import { ConfigError, Outcome } from '@holdfast/core';
import type { PolicyCall, WrapperCall } from '@holdfast/core';
import { isPromise } from './store-access.ts';

/** What calls are told apart by; `undefined` for one that shares its answer with nobody. */
export type KeyOf = (call: PolicyCall) => string | undefined;

export const keyOfCall: KeyOf = ({ key }) => key;

/**
 * The key of a call. One whose key cannot be had is refused, before anything is done: to take it for a call without a key would hide
 * the mistake, to take another key for it would give it somebody else's answer.
 */
export function readKey(policy: string, keyOf: KeyOf, call: WrapperCall): string | undefined {
  try {
    const key: unknown = keyOf(call);
    if (key === undefined || typeof key === 'string') return key;
    if (isPromise(key)) key.then(undefined, () => {}); // its own failure is no second one
    throw new ConfigError(policy, 'keyOf(call)', key, 'a string, or undefined');
  } catch (error) {
    call.innerOutcome = new Outcome('rejected', true, undefined, error, undefined, false);
    throw error;
  }
}
