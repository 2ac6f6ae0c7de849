import type { Context } from './context.ts';
import type { CallContext } from './policy.ts';

/**
 * Where calls find the call they are part of when they are not told. `@holdfast/deadline` fills it from the one
 * `AsyncLocalStorage` of holdfast when that is first used; until then a call pays one branch.
 */
let provider: (() => CallContext | undefined) | undefined;

/** Runs something with another call as the ambient one. */
type Enter = <T>(call: CallContext, within: () => T) => T;
let enter: Enter | undefined;

export function setAmbient(provide: (() => CallContext | undefined) | undefined, enterCall?: Enter): void {
  provider = provide;
  enter = enterCall;
}

export function ambientCall(): Context | undefined {
  return provider === undefined ? undefined : (provider() as Context | undefined);
}

/** Where there is an ambient call, puts another one in its place; where there is none, none is made. */
export function inPlaceOfAmbient<T>(call: CallContext, within: () => T): T {
  return enter === undefined || ambientCall() === undefined ? within() : enter(call, within);
}
