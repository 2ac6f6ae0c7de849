import type { Clock } from './clock.ts';
import type { Decision } from './decision.ts';
import type { Explanation } from './explain.ts';
import type { Outcome } from './outcome.ts';
import type { RunOptions } from './run-options.ts';
import type { PolicyTraits } from './traits.ts';
import type { Changes } from './update.ts';

/** How much an answer matters when not everything can be served; the first is shed last. */
export type Criticality = 'critical_plus' | 'critical' | 'sheddable_plus' | 'sheddable';

/** What an operation sees of the call it serves. One object per attempt: it stays true also for an attempt left behind. */
export interface CallContext {
  /** Unique in this process. */
  readonly id: number;
  /** Name of the pipeline. */
  readonly pipeline: string;
  /**
   * Aborts when the caller gives up, or the time of the attempt or of the whole call is over. Made when first read. Its listeners run
   * in no particular async context.
   */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When the time of this attempt is over, in the clock's monotonic milliseconds; `Infinity` if nothing limits it. */
  readonly deadline: number;
  /** Milliseconds left until `deadline`, at least 0; `Infinity` if nothing limits it. */
  remainingMs(): number;
  /** What keyed policies choose by. */
  readonly key: string | undefined;
  readonly criticality: Criticality;
  /** Whether a repeated call does no harm; `undefined` when the caller did not say. */
  readonly idempotent: boolean | undefined;
  /** Facts of the caller's own, for events and policies of the caller's own. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a policy sees of the call, and may do with it, while its `enter`, `exit` or `run` is at work. */
export interface PolicyCall extends CallContext {
  readonly clock: Clock;
  /** Whether this part of the call is over before its time: by the caller's abort, a time-out or a deadline. */
  readonly cancelled: boolean;
  /** Why, as it will be thrown. */
  readonly reason: unknown;
  /** Calls back once when this part of the call is cancelled; at once if it is. Returns how to take it back. Cheaper than `signal`. */
  onCancel(listener: (reason: unknown) => void): () => void;
  /** Waits `delayMs`; rejects with the reason as soon as the call is cancelled. */
  sleep(delayMs: number): Promise<void>;
  /**
   * Notes what a policy did about this call, for the decision trail of its error and of `call.finished`. For the rare path: the
   * trail of a call is bounded, one of a healthy call is empty.
   * @param about the reason: a word of the policy's own; or an error, which is noted by its code or name.
   * @param ms how long it waited, will wait or allowed.
   */
  note(policy: string, did: Decision['did'], about?: unknown, ms?: number): void;
  /**
   * Resolves when every operation that was left behind inside has really ended; `undefined` when none was. Inside means: since
   * this policy was entered the last time, so an earlier attempt is not waited for by what a retry has entered anew.
   * For what such an operation still holds, like a connection.
   */
  whenSettled(): Promise<void> | undefined;
}

/** What a guard sees. */
export interface GuardCall extends PolicyCall {
  /**
   * Bounds what runs inside the calling guard: for use in `enter`. When the time is over, what is inside is cancelled with the
   * error made by `makeError`; an operation that goes on is left behind, or waited for if `cooperative`.
   */
  limit(timeoutMs: number, makeError: () => unknown, cooperative?: boolean): void;
  /**
   * A context for something a guard itself runs, such as a fallback's answer. It stays true when that goes on after the guard's
   * time, which this object, shared by all guards of the call, does not.
   */
  fork(): ForkedCall;
}

/** What a wrapper sees. */
export interface WrapperCall extends PolicyCall {
  /** Another context inside this one, cancelled with it or by itself; to run the inside more than once. */
  fork(attempt?: number): ForkedCall;
  /**
   * How the last run in this context ended, and how that was classified. A wrapper that answers with what a run elsewhere ended with,
   * in a fork or for another call, sets it before it answers: then the same ending is not classified a second time.
   */
  innerOutcome: Outcome | undefined;
}

export interface ForkedCall extends WrapperCall {
  cancel(reason: unknown): void;
  /** Lets go of it, once nothing runs in it any more. */
  close(): void;
}

/** A context that does not end with the call it was opened for, see {@link openDetachedCall}. */
export interface DetachedCall extends ForkedCall {
  /** Bounds what runs in it: when the time is over it is cancelled with the error made by `makeError`. */
  limit(timeoutMs: number, makeError: () => unknown): void;
  /** Begins what runs in it. Where there is an ambient call, this one takes its place, for that may end before. */
  begin<T>(operation: (call: CallContext) => T): T;
  /**
   * Lets a call share what runs in it, once that was begun. Its deadline is then the latest of those that share it, and when the last
   * of them is cancelled it is cancelled the same way.
   * @param leave told when this call is cancelled and others still share it.
   * @returns ends the sharing, and cancels nothing.
   */
  join(call: WrapperCall, leave: (reason: unknown) => void): () => void;
  /** Whether a call was made inside of it, and would wait for itself if it joined. */
  encloses(call: PolicyCall): boolean;
}

/** An async function to be called under a pipeline. It may return a plain value or throw at once, too. */
export type Operation<T> = (call: CallContext) => PromiseLike<T> | T;

/** Asks for another descent: the guard stays entered, and what it hands along comes back as `entered` at its next `exit`. */
export class Again {
  readonly entered: unknown;
  constructor(entered?: unknown) {
    this.entered = entered;
  }
}

/** What an `exit` may hand back: nothing, another outcome in place of this one, or the wish to descend again. */
export type Turn = Outcome | Again | undefined | void;

declare const adds: unique symbol;

/** Marks in the type what a policy may answer with besides the operation's own result. No such property exists at run time. */
export interface Adds<Added> {
  readonly [adds]?: Added;
}

interface Named {
  /** Shown in errors, events and snapshots. */
  readonly name?: string;
  /** The clock it was given; a pipeline runs only policies that have none or its own. */
  readonly clock?: Clock;
  /** Plain JSON of the present state, with `policy`, the name, and `kind`, such as 'circuitBreaker', whatever the name. */
  snapshot?(): object;
  /** What it is made of, outermost first, if it is no more than these together: such as a pipeline's. */
  readonly policies?: readonly Policy<unknown>[] | undefined;
  /** What it may do to a call at worst, for `pipeline.explain()`; without it the policy counts as one that does nothing. */
  traits?(): PolicyTraits;
  /**
   * For `pipeline.update()`: checks the options to be changed together with those that stay, and returns what makes the change,
   * which must not fail. Nothing changes before that is called, and what the policy has learnt and who waits in it is kept.
   * @throws {ConfigError} for options out of range, at odds with the others, or that cannot change while running.
   */
  prepareUpdate?(options: object): () => void;
  /**
   * Two changes, one after the other, as one: for instances that are made only later.
   * @default what the second says prevails, option by option
   */
  mergeUpdates?(before: object, next: object): object;
}

/**
 * A policy that stands at the door of a call. `exit` is called exactly once for each `enter` that admitted (again after each
 * {@link Again}), in reverse order, however the call ends. Neither may depend on the other having run in the same turn.
 */
export interface Guard<Added = never> extends Named, Adds<Added> {
  /** Attempts slower than this count as `slow`, for every policy of the pipeline; the lowest one holds. */
  readonly slowCallMs?: number;
  /** Asks for `outcome.durationMs`. It costs two clock reads a call, so it is measured only when asked for. */
  readonly timed?: boolean;
  /** Admits by returning, refuses by throwing, queues by returning a promise. What it returns comes back at `exit`. */
  enter?(call: GuardCall): unknown;
  /** Learns the outcome. Must not throw: a guard that does is reported as `policy.faulted` and the outcome stands. */
  exit?(call: GuardCall, outcome: Outcome, entered: unknown): Turn | PromiseLike<Turn>;
  run?: never;
}

/** A policy that decides whether, when and how often the inside runs. */
export interface Wrapper<Added = never> extends Named, Adds<Added> {
  run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T | Added>;
  enter?: never;
  exit?: never;
}

export interface PipelineSnapshot {
  readonly name: string;
  /** Calls that have begun and not ended. */
  readonly inFlight: number;
  /** Outermost first. */
  readonly policies: readonly object[];
}

/** An ordered list of policies that calls are run through. Is a policy itself, so pipelines nest. */
export interface Pipeline<Added = never> extends Adds<Added> {
  readonly name: string;
  readonly clock: Clock;
  /**
   * Runs `operation` through the policies, outermost first. Resolves with its value, or with what a fallback gave instead. Rejects
   * with the operation's own error, the same object; with a {@link HoldfastError} where a policy refused or time ran out; or with
   * the caller's own `signal.reason`. Give the context of the call you are in as `options` to stay within its deadline and signal.
   */
  run<T>(operation: Operation<T>, options?: RunOptions | CallContext): Promise<T | Added>;
  /**
   * The same function, protected: each call of it is one run. Its `this` is passed on.
   * @param options for every run; or a function of the arguments that gives them, such as `(id) => ({ key: id })`. A run rejects
   * with what that throws.
   */
  wrap<This, Args extends unknown[], T>(
    operation: (this: This, ...args: Args) => PromiseLike<T> | T,
    options?: RunOptions | NoInfer<(...args: Args) => RunOptions>,
  ): (this: This, ...args: Args) => Promise<T | Added>;
  snapshot(): PipelineSnapshot;
  /** Outermost first. */
  readonly policies: readonly Policy<unknown>[];
  /**
   * Changes options of its policies while calls run, by the policies' names: `update({ bulkhead: { concurrency: 50 } })`. Either all
   * changes are made, or none. What policies have learnt, their windows, tokens, states and counts, is kept, and whoever waits goes
   * on waiting. Options not named stay.
   * @throws {ConfigError} for a name that no policy has or several have, an option that cannot be or cannot change; then nothing is
   * changed.
   */
  update(changes: Changes): void;
  /** For a pipeline within another: checks the changes, and returns what makes them. */
  prepareUpdate(changes: object): () => void;
  /** For a pipeline within `keyed`: two changes as one. */
  mergeUpdates(before: object, next: object): object;
  /**
   * What it may do at worst: how long a call may take, how often the operation may be called, and which settings contradict each
   * other. From what the policies say of themselves; give the text to a person (`String(pipeline.explain())`), and the findings to
   * a test.
   */
  explain(): Explanation;
}

export type Policy<Added = never> = Guard<Added> | Wrapper<Added>;
