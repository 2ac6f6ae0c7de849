import { ConfigError } from '@holdfast/core';

/** As much of undici's dispatcher as is needed to stand before it. */
interface Dispatcher {
  dispatch(options: unknown, handler: object): boolean;
}

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

type Dispatch = (options: unknown, handler: object) => boolean;
type Compose = (this: object, interceptor: (inner: Dispatch) => Dispatch) => { readonly dispatch: Dispatch };

/** By base class, since trying costs an object or two. */
const modern = new WeakMap<object, boolean>();

/** Dispatchers carry no version, nor is the global one of undici sure to be of the same: so their base class is tried out. */
function isModern(dispatcher: object): boolean {
  const base = baseClassOf(dispatcher);
  if (base === undefined) return false;
  let answer = modern.get(base);
  if (answer === undefined) modern.set(base, (answer = handsOnLegacyHandlers(base)));
  return answer;
}

/**
 * The `compose` of undici 7 wraps handlers of the older kind so that they work; that of 8 hands them on as they are; undici 6 has one,
 * too, and with it a list of interceptors.
 */
function handsOnLegacyHandlers(base: object): boolean {
  const { compose } = base as { readonly compose?: Compose };
  if (typeof compose !== 'function' || 'interceptors' in base) return false;
  const legacy = { onConnect() {}, onHeaders() {}, onData() {}, onComplete() {}, onError() {} };
  let handedOn: unknown;
  const dispatch: Dispatch = (_options, handler) => {
    handedOn = handler;
    return true;
  };
  const bare = Object.create(base, { dispatch: { value: dispatch, writable: true, configurable: true } }) as object;
  compose.call(bare, (inner) => (options, handler) => inner(options, handler)).dispatch({}, legacy);
  return handedOn === legacy;
}

/** The prototype named Dispatcher; above it there is only Node's EventEmitter. */
function baseClassOf(dispatcher: object): object | undefined {
  let one: object | null = dispatcher;
  while (one !== null && one.constructor?.name !== 'Dispatcher') one = Object.getPrototypeOf(one) as object | null;
  return one ?? undefined;
}
