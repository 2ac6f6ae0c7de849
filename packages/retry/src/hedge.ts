import type { CallContext, Clock, PolicyTraits, Wrapper, WrapperCall } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import type { HedgeDenial } from './events.ts';
import { extraAttemptTraits } from './extra-attempts.ts';
import { HedgePolicyBooks } from './hedge-books.ts';
import { readHedgeOptions } from './hedge-options.ts';
import type { HedgeOptions } from './hedge-options.ts';
import { Race } from './hedge-race.ts';

export interface HedgeSnapshot {
  readonly policy: string;
  readonly kind: 'hedge';
  readonly attempts: number;
  /** The delay now, in milliseconds. */
  readonly delayMs: number;
  /** Latencies it rests on; 0 for a fixed one. */
  readonly samples: number;
  /** Extra attempts begun so far. */
  readonly hedges: number;
  /** Calls that one of them answered. */
  readonly won: number;
  /** Extra attempts that were not made, and calls that could not be hedged at all, by reason. */
  readonly denied: Readonly<Record<HedgeDenial, number>>;
  /** Of the budget; empty if there is none. */
  readonly budget: object;
}

export interface HedgePolicy extends Wrapper {
  readonly name: string;
  readonly clock: Clock;
  snapshot(): HedgeSnapshot;
  /** `betweenMs` is what lies between the first attempt and the last to begin; an adaptive delay counts with its `maxMs`. */
  traits(): PolicyTraits;
  /**
   * Everything may change but `name` and `clock`. Holds for the next attempt to begin, also of calls that are under way; a delay that
   * runs is not changed. `delayMs` is replaced as a whole; an adaptive one keeps what it has learnt, a fixed one forgets it. The
   * budget made here keeps its tokens, also while another is in use.
   * @throws {ConfigError}
   */
  prepareUpdate(options: object): () => void;
}

/**
 * Begins another attempt of a call that takes long, beside the first: the tail of the latencies is mostly bad luck, a queue or a
 * pause on one server, which a second request seldom meets again. The first answer is the call's; the attempts that lost are told so by their
 * signal, count as `cancelled` for the policies inside, and give back there what they hold.
 *
 * **Only calls known to be harmless when repeated are hedged**, by the same rule as in a retry: those run with
 * `{ idempotent: true }`, or all that do not say if the option `idempotent` is `true`. Others pass as if there were no hedge.
 *
 * What ends a call: an answer, and what the classifier ignores or a caller gave up, at once. A failure does not while other
 * attempts run; once nothing runs any more the call ends with the last failure, but with none of our own refusals if an attempt
 * was made, and with one that carries a `Retry-After` rather than with one that does not. A hedge never waits while nothing runs:
 * that is a retry's business (or `hedgeOn`'s).
 *
 * No other attempt begins when the other side asked to be left alone, for however short; when a policy inside refused one; when the
 * deadline leaves no time for it; when the budget is spent. None of that fails or delays the call: it goes on with what runs.
 *
 * Put it inside of a retry, and outside of breaker, bulkhead and `timeout`, which then see each attempt. Attempts that a retry
 * repeats are not hedged, and a hedge is not retried by a retry inside of it: layers do not multiply (`isRetry`).
 * @throws {ConfigError} for options out of range, or that contradict each other.
 * @see Dean and Barroso, The Tail at Scale (CACM, 2013); gRPC's proposal A6, for hedging
 */
export function hedge(options?: HedgeOptions): HedgePolicy {
  let given = { ...options };
  const books = new HedgePolicyBooks(readHedgeOptions(options));
  const { name, clock } = books;
  return {
    name,
    clock,
    run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
      return books.admits(call) ? new Race(books, operation, call).run() : operation();
    },
    snapshot: () => ({
      policy: name,
      kind: 'hedge',
      attempts: books.settings.attempts,
      delayMs: books.delay.ms,
      samples: books.delay.samples,
      hedges: books.hedges,
      won: books.won,
      denied: { ...books.denied },
      budget: books.settings.budget.snapshot(),
    }),
    traits() {
      const { attempts, delayMs } = books.settings;
      const longestMs = typeof delayMs === 'number' ? delayMs : delayMs.maxMs;
      return { attempts, betweenMs: (attempts - 1) * longestMs, parallel: true, ...extraAttemptTraits(books.settings) };
    },
    prepareUpdate(changes) {
      const changed = withChanges<HedgeOptions>(name, given, changes);
      const settings = readHedgeOptions(changed, books.settings);
      checkFixed(name, books.settings, settings, ['name', 'clock']);
      return () => {
        given = changed;
        books.settings = settings;
        books.delay.update(settings.delayMs, clock.now());
      };
    },
  };
}
