import { setAmbient } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { AsyncLocalStorage } from './ambient-node.ts';
import type { AsyncStorage } from './ambient-node.ts';

/** The one storage of holdfast, made when it is first needed: a process that never uses it pays nothing for it. */
let storage: AsyncStorage<CallContext> | undefined;

/**
 * Runs `within` as part of `call`: every pipeline called in it, however deep and also after an `await`, keeps within that call's
 * deadline, ends when it is cancelled, and has it as its parent. For servers, once per request, with a call made by `openCall`;
 * inside an operation it is cheaper to hand the context on: `inner.run(operation, call)`.
 * Where the platform has no async context (browsers), `within` runs and nothing is kept.
 */
export function withCall<T>(call: CallContext, within: () => T): T {
  if (storage === undefined) {
    if (AsyncLocalStorage === undefined) return within();
    storage = new AsyncLocalStorage<CallContext>();
    setAmbient(currentCall);
  }
  return storage.run(call, within);
}

/** The call that runs now, as far as `withCall` was told. */
export function currentCall(): CallContext | undefined {
  return storage?.getStore();
}
