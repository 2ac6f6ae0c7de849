import { hub, Outcome, publish } from '@holdfast/core';
import type { EventBase, Guard, GuardCall, OutcomeKind, PolicyCall, PolicyTraits } from '@holdfast/core';
import { checkFixed, readOptions, text, withChanges } from '@holdfast/core/options';
import { aFallbackFor, wantedBy } from './fallback-for.ts';
import type { FallbackFor, Wanted } from './fallback-for.ts';

export interface FallbackOptions {
  /** Shown in errors, events and snapshots. @default 'fallback' */
  readonly name?: string | undefined;
  /**
   * Which endings are answered. Never asked about an answer that counts as a success, or when it is the caller who gave up. A
   * function says `true` or `false`, at once. One that throws, or answers with anything else, such as a promise, counts as a no (and
   * is reported as `policy.faulted`), so that it does not hide the error it was asked about.
   * @default every failure, refusal and time-out; not what was classified `ignored`, such as a caller's mistake, nor a `ConfigError`,
   * which is a mistake of the program's: a made-up answer would hide both
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

export interface FallbackSnapshot {
  readonly policy: string;
  readonly kind: 'fallback';
  /** Calls it has answered so far, */
  readonly used: number;
  /** and calls that it failed to answer, because its function threw. */
  readonly failed: number;
}

/** What `fallback` makes. */
export interface Fallback<Added = unknown> extends Guard<Added> {
  readonly name: string;
  snapshot(): FallbackSnapshot;
  traits(): PolicyTraits;
  /** `on` holds from the next ending on; `name` cannot change, and neither can the answer. */
  prepareUpdate(options: FallbackOptions): () => void;
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
export function fallback<T>(answer: T | Answer<T>, options?: FallbackOptions): Fallback<T> {
  return new Rescue<T>(answer, options);
}

class Rescue<T> implements Fallback<T> {
  readonly name: string;
  readonly #answer: T | Answer<T>;
  #wanted: Wanted;
  #used = 0;
  #failed = 0;

  constructor(answer: T | Answer<T>, options: FallbackOptions | undefined) {
    const { name, wanted } = readFallback(options);
    this.name = name;
    this.#answer = answer;
    this.#wanted = wanted;
  }

  exit(call: GuardCall, outcome: Outcome): Outcome | Promise<Outcome> | undefined {
    if (outcome.kind === 'success' || outcome.kind === 'slow' || outcome.kind === 'cancelled') return undefined;
    if (call.cancelled || !this.#wanted(outcome.error, outcome, call)) return undefined;
    return this.#takesTime ? this.#answerLater(call, outcome) : this.#answered(call, outcome, this.#answer);
  }

  snapshot(): FallbackSnapshot {
    return { policy: this.name, kind: 'fallback', used: this.#used, failed: this.#failed };
  }

  traits(): PolicyTraits {
    return { answerMs: this.#takesTime ? Number.POSITIVE_INFINITY : 0 };
  }

  prepareUpdate(options: FallbackOptions): () => void {
    const next = readFallback(withChanges<FallbackOptions>(this.name, { name: this.name }, options));
    checkFixed<{ readonly name: string }>(this.name, this, next, ['name']);
    return () => {
      if (Object.hasOwn(options, 'on')) this.#wanted = next.wanted;
    };
  }

  /** A promise given as the value is waited for as long as the call may last, and no longer. */
  get #takesTime(): boolean {
    return typeof this.#answer === 'function' || this.#answer instanceof Promise;
  }

  async #answerLater(call: GuardCall, outcome: Outcome): Promise<Outcome> {
    const own = call.fork(); // an answer that is cut goes on, and is to see that it was
    try {
      const answer = this.#answer;
      const value: unknown = await (typeof answer === 'function' ? (answer as Answer<T>)(outcome.error, own, outcome) : answer);
      return own.cancelled ? outcome : this.#answered(own, outcome, value);
    } catch (fallbackError) {
      if (!own.cancelled) this.#tellFailed(own, outcome.error, fallbackError);
      return Outcome.thrown(fallbackError, outcome.kind);
    } finally {
      own.close();
    }
  }

  #answered(call: PolicyCall, { kind, error }: Outcome, value: unknown): Outcome {
    this.#used++;
    call.note(this.name, 'answered', error);
    if (hub.active) publish({ type: 'fallback.used', ...factsOf(call), policy: this.name, kind, error });
    return Outcome.returned(value);
  }

  #tellFailed(call: PolicyCall, error: unknown, fallbackError: unknown): void {
    this.#failed++;
    if (hub.active) publish({ type: 'fallback.failed', ...factsOf(call), policy: this.name, error, fallbackError });
  }
}

function readFallback(options: FallbackOptions | undefined): { readonly name: string; readonly wanted: Wanted } {
  const { name, on } = readOptions('fallback', options, { name: text('fallback'), on: aFallbackFor });
  return { name, wanted: wantedBy(on) };
}

const factsOf = ({ id, pipeline, clock }: PolicyCall): EventBase => ({ at: clock.now(), callId: id, pipeline });
