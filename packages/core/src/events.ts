import type { Decision } from './decision.ts';
import { ConfigError } from './errors.ts';
import type { OutcomeKind } from './outcome.ts';
import type { CallContext } from './policy.ts';
import type { Changes } from './update.ts';

/** What every event says: when, in monotonic milliseconds, and in which pipeline if it belongs to a call. */
export interface EventBase {
  readonly at: number;
  readonly callId?: number;
  readonly pipeline?: string;
}

interface OfCall extends EventBase {
  readonly callId: number;
  readonly pipeline: string;
}

/**
 * All events by their type. A package, or your own policy, adds its own:
 * `declare module '@holdfast/core' { interface HoldfastEvents { 'cache.hit': EventBase & { key: string } } }`
 */
export interface HoldfastEvents {
  /** Options of its policies were changed. */
  'pipeline.updated': EventBase & { readonly pipeline: string; readonly changes: Changes };
  /** Published in the caller's async context, before any policy is asked. */
  'call.started': OfCall & { readonly call: CallContext; readonly parentId: number | undefined };
  'call.finished': OfCall & {
    readonly kind: OutcomeKind;
    readonly error: unknown;
    readonly durationMs: number;
    /** How often the operation was called. */
    readonly attempts: number;
    /** What the policies did about the call; empty when there was nothing to do. */
    readonly trail: readonly Decision[];
  };
  /** The operation is called now; every attempt has one, with the number the operation sees. */
  'attempt.started': OfCall & { readonly attempt: number };
  'attempt.finished': OfCall & {
    readonly attempt: number;
    readonly kind: OutcomeKind;
    readonly error: unknown;
    readonly durationMs: number;
  };
  /** A policy refused the call at its door. */
  'call.rejected': OfCall & { readonly policy: string; readonly error: unknown };
  /** A guard lets the call wait at its door. */
  'call.queued': OfCall & { readonly policy: string; readonly attempt: number };
  /** The wait is over: the guard has admitted the call or refused it, or the call was given up. */
  'call.dequeued': OfCall & {
    readonly policy: string;
    readonly attempt: number;
    readonly admitted: boolean;
    readonly waitedMs: number;
  };
  /** A shadowed policy would have refused, or kept waiting, this call. */
  'shadow.refused': OfCall & { readonly policy: string; readonly error: unknown };
  /** Code handed to holdfast threw where it must not: a guard's `exit`, a classifier. The call went on as if it had not. */
  'policy.faulted': OfCall & { readonly policy: string; readonly error: unknown };
}

export type HoldfastEvent = { [T in keyof HoldfastEvents]: { readonly type: T } & HoldfastEvents[T] }[keyof HoldfastEvents];
export type Listener = (event: HoldfastEvent) => void;

export interface Subscription {
  /**
   * Runs each attempt's operation, for what must be active around it such as a span: call `run` once, at once, and return what
   * it returns. Called after `attempt.started`.
   */
  readonly around?: <T>(call: CallContext, run: () => T) => T;
}

interface Subscriber {
  readonly listener: Listener;
  /** As it was given: its `around` may be a method. */
  readonly subscription: Subscription;
  ended: boolean;
}

let subscribers: readonly Subscriber[] = [];

/** The one process-wide hub, as the engine reads it. `active` is the one branch a call pays while nobody listens. */
export const hub: { active: boolean; around: boolean } = { active: false, around: false };

/**
 * Calls `listener` with every event of every pipeline of this process, in the order they happen and in the async context of
 * the call. What a listener throws, or rejects with, is ignored: telemetry never changes a call. Listen briefly: the call waits for
 * you. What happens because of a listener reaches the others before the event it is listening to; a listener subscribed
 * meanwhile hears from the next event on.
 * @returns a function that ends the subscription: from then on the listener is not called, not even with a present event.
 * @throws {ConfigError} when `listener` or `around` is not a function.
 */
export function subscribe(listener: Listener, subscription: Subscription = {}): () => void {
  const { around } = subscription;
  if (typeof listener !== 'function') throw new ConfigError('subscribe', 'listener', listener, 'a function (event) => void');
  if (around !== undefined && typeof around !== 'function') {
    throw new ConfigError('subscribe', 'around', around, 'a function (call, run) => run()');
  }
  const subscriber: Subscriber = { listener, subscription, ended: false };
  replace([...subscribers, subscriber]);
  return () => {
    subscriber.ended = true;
    replace(subscribers.filter((one) => one !== subscriber));
  };
}

/** Events that wait for the end of something that no listener may come in between; `undefined` while nothing does. */
let held: HoldfastEvent[] | undefined;

/** Runs `change`, and tells the subscribers only then what was published in it: to a listener it has happened at once. */
export function publishAfter(change: () => void): void {
  if (held !== undefined) return change(); // part of a larger one
  held = [];
  try {
    change();
  } finally {
    const events = held;
    held = undefined;
    for (const event of events) publish(event);
  }
}

/** For policies: tells the subscribers. Ask `hub.active` first, so that nothing is built for nobody. */
export function publish(event: HoldfastEvent): void {
  if (held !== undefined) {
    held.push(event);
    return;
  }
  for (const { listener, ended } of subscribers) {
    if (ended) continue; // by a listener before it
    try {
      const result: unknown = listener(event);
      if (result instanceof Promise) result.catch(ignore); // an async listener
    } catch {
      // The contract of subscribe: a listener's own faults are its own.
    }
  }
}

/** Runs `operation` inside every subscriber's `around`, the first subscriber's outermost. */
export function runAround<T>(call: CallContext, operation: () => T): T {
  const nested = subscribers.reduceRight<() => T>(
    (inside, { subscription }) => (subscription.around === undefined ? inside : () => runWithin(subscription, call, inside)),
    operation,
  );
  return nested();
}

/** Whatever an `around` does, what is inside of it runs once and its result stands. */
function runWithin<T>(subscription: Subscription, call: CallContext, inside: () => T): T {
  const inner: { ending?: { readonly value: T } | { readonly error: unknown } } = {};
  const once = (): T => {
    if (inner.ending === undefined) {
      try {
        inner.ending = { value: inside() };
      } catch (error) {
        inner.ending = { error };
      }
    }
    if ('error' in inner.ending) throw inner.ending.error;
    return inner.ending.value;
  };
  try {
    const result: unknown = subscription.around!(call, once);
    const own = inner.ending !== undefined && 'value' in inner.ending && inner.ending.value === result;
    // An async `around` makes a promise of its own, which rejects with the operation's and nobody awaits.
    if (result instanceof Promise && !own) result.catch(ignore);
  } catch {
    // The operation's own error is kept in `ending`; an error of `around` is its own.
  }
  return once();
}

const ignore = (): void => {};

function replace(next: readonly Subscriber[]): void {
  subscribers = next;
  hub.active = next.length > 0;
  hub.around = next.some(({ subscription }) => subscription.around !== undefined);
}
