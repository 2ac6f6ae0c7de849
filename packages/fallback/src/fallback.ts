import { hub, Outcome, publish } from '@holdfast/core';
import type { EventBase, Guard, OutcomeKind, PolicyCall } from '@holdfast/core';
import { anything, readOptions, text } from '@holdfast/core/options';

/** Which endings are answered: errors of these classes (or with these names or codes), or whatever the function says. */
export type FallbackFor =
  | ErrorClass
  | readonly ErrorClass[]
  | ((error: unknown, outcome: Outcome, call: PolicyCall) => boolean);
type ErrorClass = abstract new (...args: never) => Error;

export interface FallbackOptions {
  readonly name?: string | undefined;
  /**
   * Which failures are answered. Never asked about a success, or when it is the caller who gave up.
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

const ANSWERED: readonly OutcomeKind[] = ['failure', 'rejected', 'stalled'];

/**
 * Answers in place of a call that failed, was refused or ran out of time: with a value, or with what a function makes of the error.
 * Outermost in a pipeline. The function runs inside what is left of the deadline around it, if there is one, and ends with the
 * caller's abort. When it throws, its error is what the caller gets.
 *
 * Not promised: that the answer is fast, or that the operation is no longer running when it is made.
 * @param answer a value, or a function `(error, call, outcome) => answer`; to answer with a function, return it from one.
 * @throws {ConfigError} for unknown options.
 */
export function fallback<T>(answer: T | Answer<T>, options?: FallbackOptions): Guard<T> {
  const { name, on } = readOptions('fallback', options, {
    name: text('fallback'),
    on: anything<FallbackFor | undefined>('an error class, a list of them, or a function (error, outcome, call) => boolean', undefined, (value) =>
      typeof value === 'function' || (Array.isArray(value) && value.every((one) => isErrorClass(one))),
    ),
  });
  const wanted = on === undefined ? byKind : predicateOf(on);

  return {
    name,
    exit(call, outcome) {
      if (outcome.kind === 'success' || outcome.kind === 'slow' || outcome.kind === 'cancelled') return undefined;
      if (call.cancelled || !wanted(outcome.error, outcome, call)) return undefined;
      if (typeof answer !== 'function') return used(name, call, outcome, answer);
      return answerWith(name, answer as Answer<T>, call, outcome);
    },
    snapshot: () => ({ policy: name }),
  };
}

async function answerWith<T>(name: string, answer: Answer<T>, call: PolicyCall, outcome: Outcome): Promise<Outcome> {
  try {
    return used(name, call, outcome, await answer(outcome.error, call, outcome));
  } catch (fallbackError) {
    if (hub.active) {
      publish({ type: 'fallback.failed', ...facts(call), policy: name, error: outcome.error, fallbackError });
    }
    return Outcome.thrown(fallbackError, outcome.kind);
  }
}

function used(policy: string, call: PolicyCall, { kind, error }: Outcome, value: unknown): Outcome {
  if (hub.active) publish({ type: 'fallback.used', ...facts(call), policy, kind, error });
  return Outcome.returned(value);
}

const facts = ({ id, pipeline, clock }: PolicyCall): EventBase => ({ at: clock.now(), callId: id, pipeline });

const byKind = (_error: unknown, { kind }: Outcome): boolean => ANSWERED.includes(kind);

function predicateOf(on: FallbackFor): (error: unknown, outcome: Outcome, call: PolicyCall) => boolean {
  if (typeof on === 'function' && !isErrorClass(on)) return on as (error: unknown, outcome: Outcome, call: PolicyCall) => boolean;
  const classes = (Array.isArray(on) ? on : [on]) as readonly ErrorClass[];
  return (error) => classes.some((one) => error instanceof one);
}

function isErrorClass(value: unknown): value is ErrorClass {
  return value === Error || (typeof value === 'function' && value.prototype instanceof Error);
}
