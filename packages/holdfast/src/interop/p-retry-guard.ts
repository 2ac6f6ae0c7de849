import { Again, Outcome } from '@holdfast/core';
import type { Clock, PolicyCall, PolicyTraits, Random, Turn } from '@holdfast/core';
import { withChanges } from '@holdfast/core/options';
import { retry } from '@holdfast/retry';
import type { RetryOptions, RetryPolicy, RetrySnapshot } from '@holdfast/retry';
import { asError, isAbortError, isHopeless, unwrapped } from './p-retry-errors.ts';
import { longestBetweenMs, MOST_RETRIES, readPRetryOptions, waitMs } from './p-retry-options.ts';
import type { PRetryContext, PRetryOptions, PRetryRules } from './p-retry-options.ts';
import type { PRetryPolicy } from './p-retry-policy.ts';

/** What a call carries from one attempt to the next. */
interface Progress {
  readonly startedAt: number;
  readonly attempt: number;
  /** Retries that counted against `retries`. */
  readonly consumed: number;
  /** What the retry beneath carries. */
  readonly beneath: unknown;
}

interface Verdict {
  readonly again: boolean;
  readonly consume: boolean;
  readonly delayMs: number;
}

/** The guard behind `retryFromPRetry`: asks as p-retry asks, and leaves the rest to a retry beneath. */
export class PRetryGuard implements PRetryPolicy {
  readonly name: string;
  readonly clock: Clock;
  #given: PRetryOptions;
  #rules: PRetryRules;
  readonly #random: Random;
  readonly #retry: RetryPolicy;
  /** For the retry beneath, which asks within its `exit`. */
  #verdict: Pick<Verdict, 'again' | 'delayMs'> = NO;

  constructor(name: string, given: PRetryOptions | undefined, extras: RetryOptions | undefined, clock: Clock, random: Random) {
    this.name = name;
    this.clock = clock;
    this.#given = { ...given };
    this.#rules = readPRetryOptions(name, given);
    this.#random = random;
    this.#retry = retry({
      idempotent: true,
      budget: false,
      retryAfter: false,
      ...extras,
      name,
      attempts: attemptsOf(this.#rules),
      backoff: () => this.#verdict.delayMs,
      retryOn: () => this.#verdict.again,
    });
  }

  enter(call: PolicyCall): Progress {
    const startedAt = this.#rules.maxRetryTime === Number.POSITIVE_INFINITY ? 0 : this.clock.now();
    return { startedAt, attempt: 1, consumed: 0, beneath: this.#retry.enter(call) };
  }

  exit(call: PolicyCall, outcome: Outcome, entered: unknown): Turn | Promise<Turn> {
    const progress = entered as Progress;
    const failed = outcome.kind === 'failure' || outcome.kind === 'stalled';
    return failed && !call.cancelled ? this.#afterFailure(call, outcome, progress) : this.#beneath(call, outcome, progress, NO);
  }

  snapshot(): RetrySnapshot {
    return this.#retry.snapshot();
  }

  traits(): PolicyTraits {
    const { maxRetryTime, shouldConsumeRetry } = this.#rules;
    return {
      ...this.#retry.traits(),
      attempts: attemptsOf(this.#rules),
      betweenMs: shouldConsumeRetry === undefined ? longestBetweenMs(this.#rules) : maxRetryTime,
    };
  }

  prepareUpdate(options: object): () => void {
    const given = withChanges<PRetryOptions>(this.name, this.#given, options);
    const rules = readPRetryOptions(this.name, given);
    const apply = this.#retry.prepareUpdate({ attempts: attemptsOf(rules) });
    return () => {
      apply();
      this.#given = given;
      this.#rules = rules;
    };
  }

  async #afterFailure(call: PolicyCall, outcome: Outcome, progress: Progress): Promise<Turn> {
    const error = asError(outcome.threw, outcome.error, outcome.value);
    if (isAbortError(error)) return this.#end(call, outcome, progress, unwrapped(error));
    let isOver = false;
    const stopListening = call.onCancel(() => {
      isOver = true;
    });
    let verdict: Verdict;
    try {
      verdict = await this.#judge(error, progress);
    } catch (thrown) {
      return isOver ? undefined : await this.#end(call, outcome, progress, thrown);
    } finally {
      stopListening();
    }
    if (isOver) return undefined;
    const turn = await this.#beneath(call, outcome, progress, verdict);
    if (!(turn instanceof Again)) return turn;
    const consumed = progress.consumed + (verdict.consume ? 1 : 0);
    return new Again({ ...progress, attempt: progress.attempt + 1, consumed, beneath: turn.entered } satisfies Progress);
  }

  /** p-retry's own questions, in its own order. */
  async #judge(error: Error, { startedAt, attempt, consumed }: Progress): Promise<Verdict> {
    const { retries, shouldConsumeRetry, onFailedAttempt, shouldRetry } = this.#rules;
    const retriesLeft = retries - consumed;
    const mayHelp = !isHopeless(error);
    const follows = mayHelp && this.#leftMs(startedAt) > 0 && retriesLeft > 0;
    const plannedMs = follows ? waitMs(this.#rules, consumed, this.#draw()) : 0;
    const contextWith = (retryDelay: number): PRetryContext =>
      Object.freeze({ error, attemptNumber: attempt, retriesLeft, retriesConsumed: consumed, retryDelay });

    const consume = Boolean((await shouldConsumeRetry?.(contextWith(plannedMs))) ?? true);
    const context = contextWith(consume ? plannedMs : 0);
    await onFailedAttempt(context);
    if (!mayHelp || this.#leftMs(startedAt) <= 0) return { ...NO, consume };
    // The retry beneath counts the same, and has a word for it.
    if (retriesLeft <= 0) return { again: shouldConsumeRetry === undefined, consume, delayMs: 0 };
    const again = Boolean(await shouldRetry(context));
    const leftMs = this.#leftMs(startedAt);
    return { again: again && leftMs > 0, consume, delayMs: Math.min(context.retryDelay, Math.max(0, leftMs)) };
  }

  #beneath(
    call: PolicyCall,
    outcome: Outcome,
    { beneath }: Progress,
    verdict: Pick<Verdict, 'again' | 'delayMs'>,
  ): Turn | Promise<Turn> {
    this.#verdict = verdict;
    return this.#retry.exit(call, outcome, beneath);
  }

  /** Ends the call with another error. */
  async #end(call: PolicyCall, outcome: Outcome, progress: Progress, error: unknown): Promise<Outcome> {
    await this.#beneath(call, outcome, progress, NO);
    return new Outcome(outcome.kind, true, undefined, error, outcome.durationMs, outcome.ran);
  }

  #draw(): number {
    return this.#rules.randomize ? this.#random() + 1 : 1;
  }

  #leftMs(startedAt: number): number {
    const { maxRetryTime } = this.#rules;
    return maxRetryTime === Number.POSITIVE_INFINITY ? maxRetryTime : maxRetryTime - (this.clock.now() - startedAt);
  }
}

const NO = { again: false, delayMs: 0 } as const;

/** Failures that do not consume a retry are bounded by the longest retry there is. */
function attemptsOf({ retries, shouldConsumeRetry }: PRetryRules): number {
  return 1 + (shouldConsumeRetry === undefined ? retries : MOST_RETRIES);
}
