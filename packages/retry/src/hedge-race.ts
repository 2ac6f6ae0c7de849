import { withoutStack } from '@holdfast/core';
import type { CallContext, ForkedCall, Outcome, Timer, WrapperCall } from '@holdfast/core';
import { quietly } from './discard.ts';
import type { HedgeDenial } from './events.ts';
import type { HedgePolicyBooks } from './hedge-books.ts';
import { outcomeOf } from './inside-outcome.ts';
import { LastFailure, reached } from './last-failure.ts';
import type { RetryBudget } from './retry-budget.ts';

interface Attempt {
  /** 1 for the first of this call. */
  readonly ordinal: number;
  readonly fork: ForkedCall;
  /** Paid for it, */
  readonly tokens: number;
  /** by this one: an update may put another in its place. */
  readonly budget: RetryBudget | undefined;
}

/**
 * One call on its way through a hedge: the attempts that run, and the timer for the next. The loop in `run` belongs to the caller, so
 * that a hedge begins in the caller's async context and not in that of a timer.
 */
export class Race<T> implements Timer {
  dueAt: number = Number.NaN;
  delayMs: number = 0;
  previous: Timer | undefined = undefined;
  next: Timer | undefined = undefined;
  readonly #books: HedgePolicyBooks;
  readonly #operation: (call?: CallContext) => Promise<T>;
  readonly #call: WrapperCall;
  readonly #startedAt: number;
  readonly #firstDelayMs: number;
  readonly #running: Attempt[] = [];
  #begun: number = 0;
  #lastBegunAt: number = 0;
  #isDue: boolean = false;
  #stalled: boolean = false;
  /** Why no other attempt begins, once that is so. */
  #closed: HedgeDenial | undefined = undefined;
  /** How the call ends if nothing better comes. */
  readonly #failed: LastFailure = new LastFailure();
  /** The attempt whose ending is the call's, whatever the others do. */
  #decided: { readonly attempt: Attempt; readonly outcome: Outcome } | undefined = undefined;
  #wake: () => void = nothing;

  constructor(books: HedgePolicyBooks, operation: (call?: CallContext) => Promise<T>, call: WrapperCall) {
    this.#books = books;
    this.#operation = operation;
    this.#call = call;
    this.#startedAt = books.clock.turnNow();
    this.#firstDelayMs = books.delay.ms;
  }

  fire(stalled: boolean): void {
    // A blocked loop says nothing about the dependency, whose answer may be here unread: it gets its time once more.
    if (stalled) {
      this.#stalled = true;
      this.#books.clock.arm(this, this.delayMs);
      return;
    }
    this.#isDue = true;
    this.#wake();
  }

  async run(): Promise<T> {
    this.#begin(0, undefined);
    for (;;) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#decided !== undefined || this.#running.length === 0) return this.#end();
      if (this.#isDue) this.#beginAnother(undefined);
    }
  }

  #begin(tokens: number, budget: RetryBudget | undefined): void {
    const { clock, settings, delay } = this.#books;
    const ordinal = ++this.#begun;
    const fork = this.#call.fork(this.#call.attempt + ordinal - 1);
    const attempt = { ordinal, fork, tokens, budget };
    this.#running.push(attempt);
    this.#lastBegunAt = clock.turnNow();
    if (ordinal < settings.attempts) clock.arm(this, delay.ms);
    this.#operation(fork).then(
      (value) => this.#ended(attempt, outcomeOf(fork, false, value, undefined)),
      (error: unknown) => this.#ended(attempt, outcomeOf(fork, true, undefined, error)),
    );
  }

  /** Unless something speaks against it; the budget is asked last, for it is spent by being asked. */
  #beginAnother(after: Outcome | undefined): void {
    const { clock, settings, delay } = this.#books;
    this.#isDue = false;
    if (this.#begun >= settings.attempts || this.#call.cancelled) return;
    clock.disarm(this);
    if (this.#call.remainingMs() <= (settings.minAttemptMs ?? delay.typicalMs)) this.#closed ??= 'deadline';
    const { budget } = settings;
    const tokens = this.#closed === undefined ? this.#books.withdraw(this.#call, budget, after) : 0;
    if (tokens > 0) {
      this.#books.started(this.#call, this.#begun + 1, clock.turnNow() - this.#lastBegunAt);
      this.#begin(tokens, budget);
    } else {
      this.#closed ??= 'budget';
      this.#books.deny(this.#call, this.#begun + 1, this.#closed);
    }
  }

  #ended(attempt: Attempt, outcome: Outcome): void {
    this.#running.splice(this.#running.indexOf(attempt), 1);
    attempt.fork.close();
    if (attempt.ordinal === 1) this.#learn(outcome);
    if (!reached(outcome) && attempt.budget !== undefined) this.#books.giveBack(this.#call, attempt.budget, attempt.tokens);
    if (this.#decided !== undefined) this.#letGo(outcome);
    else if (isFinal(outcome)) this.#decided = { attempt, outcome };
    else this.#afterFailure(outcome);
    this.#wake();
  }

  #learn({ kind, ran }: Outcome): void {
    if (this.#stalled) return;
    const now = this.#books.clock.turnNow();
    const answered = ran && (kind === 'success' || kind === 'slow');
    this.#books.delay.learn(now - this.#startedAt, answered, this.#firstDelayMs, now);
  }

  #afterFailure(outcome: Outcome): void {
    const { cancelled } = this.#call;
    const wish = !cancelled && this.#books.asksToBeLeftAlone(this.#call, outcome);
    this.#letGo(this.#failed.offer(outcome, wish));
    if (cancelled) return;
    if (!reached(outcome)) this.#closed ??= 'refused';
    else if (wish) this.#closed ??= 'forbidden';
    else if (this.#books.hedgeOn(this.#call, outcome)) this.#beginAnother(outcome);
  }

  #end(): T {
    const { clock } = this.#books;
    clock.disarm(this);
    if (this.#running.length > 0) {
      const reason = withoutStack(() => new DOMException('another attempt of this call was quicker', 'AbortError'));
      for (const { fork } of [...this.#running]) fork.cancel(reason);
    }
    if (this.#decided !== undefined) {
      this.#letGo(this.#failed.outcome);
      this.#books.decided(this.#call, this.#decided.attempt.ordinal, this.#decided.outcome, this.#startedAt);
    }
    const outcome = this.#decided?.outcome ?? this.#failed.outcome!;
    this.#call.innerOutcome = outcome; // classified already, in a fork
    if (outcome.threw) throw outcome.error;
    return outcome.value as T; // what the operation, a function of that type, gave
  }

  #letGo(outcome: Outcome | undefined): void {
    if (outcome?.threw === false) quietly(this.#books.settings.discard, outcome);
  }
}

const nothing = (): void => {};

/** An answer; or an ending that another attempt cannot better, for the caller gave up or the classifier says it is none of ours. */
const isFinal = ({ kind }: Outcome): boolean => kind !== 'failure' && kind !== 'stalled' && kind !== 'rejected';
