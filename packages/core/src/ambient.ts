import type { Context } from './context.ts';
import type { CallContext } from './policy.ts';

/**
 * Where calls find the call they are part of when they are not told. `@holdfast/deadline` fills it from the one
 * `AsyncLocalStorage` of holdfast when that is first used; until then a call pays one branch.
 */
let provider: (() => CallContext | undefined) | undefined;

export function setAmbient(provide: (() => CallContext | undefined) | undefined): void {
  provider = provide;
}

export function ambientCall(): Context | undefined {
  return provider === undefined ? undefined : (provider() as Context | undefined);
}
