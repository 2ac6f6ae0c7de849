import { ConfigError, hub, Outcome, publish } from '@holdfast/core';
import type { EventBase, Guard, GuardCall, OutcomeKind, PolicyCall } from '@holdfast/core';
import { anything, readOptions, text } from '@holdfast/core/options';

type ErrorClass = abstract new (...args: never) => Error;
type Predicate = (error: unknown, outcome: Outcome, call: PolicyCall) => boolean;

/** Which endings are answered: errors of a class, or with a `code` such as `'HOLDFAST_CIRCUIT_OPEN'`; or what a function says. */
export type FallbackFor = ErrorClass | string | readonly (ErrorClass | string)[] | Predicate;

export interface FallbackOptions {
  readonly name?: string | undefined;
  /**
   * Which endings are answered. Never asked about an answer that counts as a success, or when it is the caller who gave up. A
   * function that throws counts as a no (and is reported as `policy.faulted`), so that it does not hide the error it was asked about.
   * @default every failure, refusal and time-out; not what was classified `ignored`, such as a caller's mistake, which a made-up answer would hide
   */
  readonly on?: FallbackFor | undefined;
}

/** Makes the answer. `error` is undefined when the operation answered with a value that counts as a failure: see `outcome.value`. */
export type Answer<T> = (error: unknown, call: PolicyCall, outcome: Outcome) => T | PromiseLike<T>;

declare module '@holdfast/core' {
  interface HoldfastEvents {
    /** A fallback answered in place of the call. */
    'fallback.used': EventBase & { readonly policy: string; readonly kind: OutcomeKind; readonly error: unknown };
    /** The fallback itself failed: the call rejects with `fallbackError`, `error` is what it was to answer for. */
    'fallback.failed': EventBase & { readonly policy: string; readonly error: unknown; readonly fallbackError: unknown };
  }
}

/**
 * Answers in place of a call that failed, was refused or ran out of time: with a value, or with what a function makes of the error.
 * Outermost in a pipeline, for to whatever is further out an answered call is a success. The function runs inside what is left of
 * the deadline around it, if there is one, and ends with the caller's abort; what it still does then is dropped quietly. When it
 * throws, its error is what the caller gets, classified as what it was to answer for.
 *
 * Not promised: that the answer is fast, or that the operation is no longer running when it is made.
 * @param answer a value, or a function `(error, call, outcome) => answer`; to answer with a function, return it from one.
 * @throws {ConfigError} for options that cannot be.
 */
export function fallback<T>(answer: T | Answer<T>, options?: FallbackOptions): Guard<T> {
  const { name, on } = readFallbackOptions(options);
  let wanted = on;

  return {
    name,
    exit(call, outcome) {
      if (outcome.kind === 'success' || outcome.kind === 'slow' || outcome.kind === 'cancelled') return undefined;
      if (call.cancelled || !wanted(outcome.error, outcome, call)) return undefined;
      if (typeof answer === 'function') return answerWith(name, answer as Answer<T>, call, outcome);
      // A promise given as the value is waited for as long as the call may last, and no longer.
      return answer instanceof Promise
        ? answerWith(name, () => answer as Promise<T>, call, outcome)
        : used(name, call, outcome, answer);
    },
    snapshot: () => ({ policy: name, kind: 'fallback' }),
    traits: () => ({ answerMs: typeof answer === 'function' || answer instanceof Promise ? Number.POSITIVE_INFINITY : 0 }),
    prepareUpdate(changes: FallbackOptions) {
      const next = readFallbackOptions({ name, ...changes });
      if (next.name !== name) throw new ConfigError(name, 'name', next.name, 'left as it is: it tells policies apart');
      return () => {
        if (Object.hasOwn(changes, 'on')) wanted = next.on;
      };
    },
  };
}

function readFallbackOptions(options: FallbackOptions | undefined): { readonly name: string; readonly on: Predicate } {
  const { name, on } = readOptions('fallback', options, {
    name: text('fallback'),
    on: anything<FallbackFor | undefined>(
      'an error class, a code, a list of these, or a function (error, outcome, call) => boolean',
      undefined,
      (value) =>
        Array.isArray(value) ? value.length > 0 && value.every(isMatch) : isMatch(value) || typeof value === 'function',
    ),
  });
  return { name, on: on === undefined ? unlessIgnored : predicateOf(on) };
}

async function answerWith<T>(policy: string, answer: Answer<T>, call: GuardCall, outcome: Outcome): Promise<Outcome> {
  const own = call.fork(); // an answer that is cut goes on, and is to see that it was
  try {
    const value = await answer(outcome.error, own, outcome);
    return own.cancelled ? outcome : used(policy, own, outcome, value);
  } catch (fallbackError) {
    if (hub.active && !own.cancelled) {
      publish({ type: 'fallback.failed', ...facts(own), policy, error: outcome.error, fallbackError });
    }
    return Outcome.thrown(fallbackError, outcome.kind);
  } finally {
    own.close();
  }
}

function used(policy: string, call: PolicyCall, { kind, error }: Outcome, value: unknown): Outcome {
  call.note(policy, 'answered', error);
  if (hub.active) publish({ type: 'fallback.used', ...facts(call), policy, kind, error });
  return Outcome.returned(value);
}

const facts = ({ id, pipeline, clock }: PolicyCall): EventBase => ({ at: clock.now(), callId: id, pipeline });

const unlessIgnored: Predicate = (_error, { kind }) => kind !== 'ignored';

function predicateOf(on: FallbackFor): Predicate {
  if (typeof on === 'function' && !isClass(on)) return on;
  const matches = Array.isArray(on) ? [...on] : [on];
  return (error) => matches.some((one) => (typeof one === 'string' ? codeOf(error) === one : error instanceof one));
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;

const isMatch = (value: unknown): boolean => isClass(value) || (typeof value === 'string' && value !== '');

/** A class, be it of another realm's; or a constructor of the old kind for errors. Neither can be called as a predicate. */
function isClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function') return false;
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false || value.prototype instanceof Error;
}
