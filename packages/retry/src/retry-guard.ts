import { Again, hub, publish } from '@holdfast/core';
import type { Clock, Outcome, PolicyCall, PolicyTraits, Turn } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { quietly } from './discard.ts';
import type { RetryDenial } from './events.ts';
import { extraAttemptTraits, NO_WISH } from './extra-attempts.ts';
import type { RetryBudget } from './retry-budget.ts';
import { readRetryOptions } from './retry-options.ts';
import type { RetryOptions, RetrySettings } from './retry-options.ts';
import { isDenial, planRetry, SPREAD_RATIO } from './retry-plan.ts';
import type { RetryPlan } from './retry-plan.ts';
import type { RetryPolicy, RetrySnapshot } from './retry.ts';

/** What a call carries from one attempt to the next. A call that succeeds at once has none, only its number at the door. */
interface Progress {
  /** The number the call came with: above 1 within an outer retry. */
  readonly callAttempt: number;
  /** Attempts begun here, the coming one included. */
  readonly attempt: number;
  /** The backoff's last answer. */
  readonly previousMs: number;
  /** Paid for the coming attempt, */
  readonly tokens: number;
  /** by this one: an update may put another in its place. */
  readonly budget: RetryBudget | undefined;
}

/** The guard behind `retry`: makes the waits, keeps the books and tells of both. */
export class RetryGuard implements RetryPolicy {
  readonly name: string;
  readonly clock: Clock;
  #given: RetryOptions;
  #settings: RetrySettings;
  #retries: number = 0;
  #waiting: number = 0;
  #recovered: number = 0;
  readonly #denied: Record<RetryDenial, number> = {
    not_retryable: 0,
    attempts: 0,
    layered: 0,
    not_idempotent: 0,
    forbidden: 0,
    too_long: 0,
    deadline: 0,
    budget: 0,
  };

  constructor(options: RetryOptions | undefined) {
    const settings = readRetryOptions(options);
    this.name = settings.name;
    this.clock = settings.clock;
    this.#given = { ...options };
    this.#settings = settings;
  }

  /** Gives the number the call came with; nothing for 1: a standard call without any ticket costs 6 % less. */
  enter(call: PolicyCall): number | undefined {
    return call.attempt === 1 ? undefined : call.attempt;
  }

  exit(call: PolicyCall, outcome: Outcome, entered: unknown): Turn | Promise<Turn> {
    const { kind } = outcome;
    if (kind === 'success' || kind === 'slow') {
      this.#settings.budget.deposit();
      if (typeof entered === 'object') this.#recovered++;
      return undefined;
    }
    const progress = typeof entered === 'object' ? (entered as Progress) : firstOf((entered ?? 1) as number);
    // Paid for, and refused before it reached the dependency.
    if (kind === 'rejected' || !outcome.ran) progress.budget?.giveBack(progress.tokens);
    if (kind === 'cancelled' || kind === 'ignored' || call.cancelled) return undefined;
    return this.#afterFailure(call, outcome, progress);
  }

  snapshot(): RetrySnapshot {
    const { attempts, budget } = this.#settings;
    return {
      policy: this.name,
      kind: 'retry',
      attempts,
      retries: this.#retries,
      waiting: this.#waiting,
      recovered: this.#recovered,
      denied: { ...this.#denied },
      budget: budget.snapshot(),
    };
  }

  traits(): PolicyTraits {
    const { attempts, backoff, retryAfter, maxRetryAfterMs } = this.#settings;
    let betweenMs = 0;
    for (let attempt = 1; attempt < attempts; attempt++) betweenMs += backoff.longestMs?.(attempt) ?? Number.POSITIVE_INFINITY;
    const askedMs = retryAfter === NO_WISH ? 0 : (attempts - 1) * Math.round(maxRetryAfterMs * (1 + SPREAD_RATIO));
    return { attempts, betweenMs, askedMs, ...extraAttemptTraits(this.#settings) };
  }

  prepareUpdate(options: object): () => void {
    const given = withChanges(this.name, this.#given, options);
    const settings = readRetryOptions(given, this.#settings);
    checkFixed(this.name, this.#settings, settings, ['name', 'clock', 'random']);
    return () => {
      this.#given = given;
      this.#settings = settings;
    };
  }

  #afterFailure(call: PolicyCall, outcome: Outcome, progress: Progress): Promise<Again> | undefined {
    const settings = this.#settings; // which a listener to what is published here may change
    const plan = planRetry(settings, call, outcome, progress);
    if (isDenial(plan)) return this.#deny(call, outcome, progress.attempt, plan);
    if (hub.active) this.#publishScheduled(call, outcome, progress.attempt, plan);
    call.note(this.name, 'retried', outcome.threw ? outcome.error : outcome.kind, plan.delayMs);
    if (!outcome.threw) quietly(settings.discard, outcome);
    const { callAttempt } = progress;
    const { backoffMs: previousMs, tokens } = plan;
    return this.#wait(call, plan.delayMs, {
      callAttempt,
      attempt: progress.attempt + 1,
      previousMs,
      tokens,
      budget: settings.budget,
    });
  }

  #deny(call: PolicyCall, { kind, error }: Outcome, attempt: number, reason: RetryDenial): undefined {
    // A refusal of our own policies has an event of its own; that it is not retried is no news.
    if (reason === 'not_retryable' && kind === 'rejected') return;
    this.#denied[reason]++;
    call.note(this.name, 'gave_up', reason);
    if (!hub.active) return;
    const { id: callId, pipeline } = call;
    const { name: policy, clock } = this;
    publish({ type: 'retry.denied', at: clock.now(), callId, pipeline, policy, attempt, kind, error, reason });
  }

  #publishScheduled(call: PolicyCall, { kind, error }: Outcome, attempt: number, { delayMs, source }: RetryPlan): void {
    const { id: callId, pipeline } = call;
    const { name: policy, clock } = this;
    publish({ type: 'retry.scheduled', at: clock.now(), callId, pipeline, policy, attempt, kind, error, delayMs, source });
  }

  #wait(call: PolicyCall, delayMs: number, progress: Progress): Promise<Again> {
    this.#retries++;
    this.#waiting++;
    const notMade = (reason: unknown): never => {
      progress.budget?.giveBack(progress.tokens);
      throw reason;
    };
    return call.sleep(delayMs).then(
      () => {
        this.#waiting--;
        return call.cancelled ? notMade(call.reason) : new Again(progress);
      },
      (reason: unknown) => {
        this.#waiting--;
        return notMade(reason);
      },
    );
  }
}

const firstOf = (callAttempt: number): Progress => ({
  callAttempt,
  attempt: 1,
  previousMs: 0,
  tokens: 0,
  budget: undefined,
});
