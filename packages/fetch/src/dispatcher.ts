import { ConfigError } from '@holdfast/core';

/** As much of undici's dispatcher as is needed to stand before it. */
interface Dispatcher {
  dispatch(options: unknown, handler: object): boolean;
}

/** Where undici 8 and later, and Node 26, keep their global dispatcher. Before that it was `….1`. */
const GLOBAL = Symbol.for('undici.globalDispatcher.2');

/** What undici answers when it is handed the handler of another major version. */
const MISMATCH = /^invalid on(?:Request|Response|Connect|Headers|Data|Complete|Error|Upgrade|BodySent)\w* method$/;

/**
 * Stands before the dispatcher given to a fetch, and throws where the two are of different undici versions. Of itself undici 8 given to
 * the `fetch` of Node 22 or 24 is refused with a message only its authors understand; and with any interceptor in it, the request is
 * sent and the promise never settles.
 */
export function guardedDispatcher(policy: string, dispatcher: unknown): unknown {
  if (!isDispatcher(dispatcher)) return dispatcher;
  const dispatch = (options: unknown, handler: object): boolean => {
    if (!('onRequestStart' in handler) && isModern(dispatcher)) throw mismatch(policy);
    return dispatcher.dispatch(options, handler);
  };
  return new Proxy(dispatcher, {
    get: (target, property) => (property === 'dispatch' ? dispatch : Reflect.get(target, property, target)),
  });
}

/** The guiding error in place of undici's own, or `undefined` if this error is about something else. */
export function explainedMismatch(policy: string, error: unknown): ConfigError | undefined {
  const { code, message } = ((error as { cause?: unknown } | undefined)?.cause ?? {}) as { code?: unknown; message?: unknown };
  const isMismatch = code === 'UND_ERR_INVALID_ARG' && typeof message === 'string' && MISMATCH.test(message);
  return isMismatch ? mismatch(policy) : undefined;
}

function mismatch(policy: string): ConfigError {
  return new ConfigError(
    policy,
    'dispatcher',
    'a dispatcher of another undici version',
    "of the undici that fetch is of: give that undici's own fetch, `resilientFetch({ fetch: undici.fetch })`, " +
      "or install the dispatcher with undici's `setGlobalDispatcher` and leave it out of the call",
  );
}

function isDispatcher(value: unknown): value is Dispatcher & object {
  return typeof value === 'object' && value !== null && typeof (value as { dispatch?: unknown }).dispatch === 'function';
}

/** Dispatchers carry no version, but they share the base class of the global one. */
function isModern(dispatcher: object): boolean {
  const base = baseClassOf((globalThis as { [GLOBAL]?: object })[GLOBAL]);
  return base !== undefined && baseClassOf(dispatcher) === base;
}

/** The prototype named Dispatcher; above it there is only Node's EventEmitter. */
function baseClassOf(dispatcher: object | undefined): object | undefined {
  let one: object | null | undefined = dispatcher;
  while (one !== null && one !== undefined && one.constructor?.name !== 'Dispatcher')
    one = Object.getPrototypeOf(one) as object | null;
  return one ?? undefined;
}
