import { setAmbient } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { AsyncLocalStorage } from './ambient-node.ts';
import type { AsyncStorage } from './ambient-node.ts';

/** The one storage of holdfast, made when it is first needed: a process that never uses it pays nothing for it. */
let storage: AsyncStorage<CallContext | undefined> | undefined;

/**
 * Runs `within` as part of `call`: every pipeline called in it, however deep and also after an `await`, keeps within that call's
 * deadline, ends when it is cancelled, and has it as its parent. For servers, once per request, with a call made by `openCall`;
 * inside an operation it is cheaper to hand the context on: `inner.run(operation, call)`.
 *
 * What is begun in `within` and outlives the call, such as a refresh in the background, would be cancelled with it: begin that with
 * `withCall(undefined, ...)`, as part of no call.
 *
 * Not promised: anything where the platform has no async context (browsers). There `within` runs and nothing is kept.
 */
export function withCall<T>(call: CallContext | undefined, within: () => T): T {
  if (storage === undefined) {
    if (AsyncLocalStorage === undefined || call === undefined) return within();
    storage = new AsyncLocalStorage<CallContext | undefined>();
    setAmbient(currentCall, withCall);
  }
  return storage.run(call, within);
}

/** The call that `withCall` was last given around this code; the operation of a pipeline gets its own as an argument. */
export function currentCall(): CallContext | undefined {
  return storage?.getStore();
}
