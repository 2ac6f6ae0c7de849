import { ConfigError } from '@holdfast/core';
import type { CallContext, Clock, Outcome, PolicyTraits } from '@holdfast/core';
import { aClock, anything, callback, having } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';
import { discardBody } from './discard.ts';
import { retryAfterOf } from './retry-after.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What a retry and a hedge ask alike before they make an attempt that the caller did not. */
export interface ExtraAttemptOptions {
  /**
   * Whether repeating does no harm, for calls that do not say so themselves (`run(…, { idempotent })`, which always prevails).
   * @default no: nothing here sees what the operation does, and a payment made twice is worse than one that failed once
   */
  readonly idempotent?: boolean | undefined;
  /**
   * Whether the call is itself a repeated one, by a layer above: then it is not repeated here, because attempts of layers multiply:
   * three layers of three are 27. An adapter that knows of a retrying client, such as from `x-holdfast-attempt`, says so here.
   * `attempt` is the number the call came with: above 1 within a repeated attempt of an outer retry or hedge, or of the call this
   * one is part of.
   * @default (_call, attempt) => attempt > 1
   */
  readonly isRetry?: ((call: CallContext, attempt: number) => boolean) | undefined;
  /**
   * Reads the other side's wish, in milliseconds; `Infinity` forbids another attempt. `false` takes no notice of any.
   * @default {@link retryAfterOf}: `retryAfterMs`, `x-holdfast-shed` and `Retry-After`
   */
  readonly retryAfter?: ((outcome: Outcome) => number | undefined) | false | undefined;
  /**
   * Bounds extra attempts over all calls. Share one among the pipelines that lead to the same dependency, and between the retry and
   * the hedge of one; `false` for none.
   * @default one of its own: safe without a thought, and with defaults that a healthy service does not notice
   */
  readonly budget?: RetryBudget | false | undefined;
  /**
   * Lets go of an answer that nobody gets, for another took its place. May return a promise; nobody waits for it.
   * @default cancels the `body` of a response, so that its connection is free
   */
  readonly discard?: ((outcome: Outcome) => unknown) | undefined;
  /** @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** The same with defaults in place. */
export interface ExtraAttemptSettings {
  readonly idempotent: boolean | undefined;
  readonly isRetry: (call: CallContext, attempt: number) => boolean;
  readonly retryAfter: (outcome: Outcome) => number | undefined;
  readonly budget: RetryBudget;
  /** The one made here, where none was given: kept also while another is in use, with the tokens it has. */
  readonly ownBudget: RetryBudget | undefined;
  readonly discard: (outcome: Outcome) => unknown;
  readonly clock: Clock;
}

type AsRead = Omit<ExtraAttemptSettings, 'budget' | 'ownBudget' | 'retryAfter'> & {
  readonly retryAfter: ExtraAttemptSettings['retryAfter'] | false;
  readonly budget: RetryBudget | false | undefined;
};

const aBudget = having<RetryBudget | false | undefined>('a budget', ['deposit', 'withdraw', 'giveBack', 'snapshot'], undefined);

const IS_RETRY: AsRead['isRetry'] = (_call, attempt) => attempt > 1;

export const extraAttemptRules: { readonly [K in keyof AsRead]: OptionRule<AsRead[K]> } = {
  idempotent: anything<boolean | undefined>('true or false', undefined, (value) => typeof value === 'boolean'),
  isRetry: callback<AsRead['isRetry']>('(call, attempt) => boolean', IS_RETRY),
  retryAfter: anything<AsRead['retryAfter']>(
    'a function (outcome) => milliseconds, or false',
    retryAfterOf,
    (value) => value === false || typeof value === 'function',
  ),
  budget: { ...aBudget, allowed: `${aBudget.allowed}, or false`, accepts: (value) => value === false || aBudget.accepts(value) },
  discard: callback<AsRead['discard']>('(outcome) => unknown', discardBody),
  clock: aClock,
};

/** A budget that never ends: with it an extra attempt needs no question whether there is one. */
const UNBOUNDED: RetryBudget = { deposit() {}, withdraw: () => 1, giveBack() {}, snapshot: () => ({}) };

export const NO_WISH = (): undefined => undefined;

/**
 * @param before what was in effect up to now, for an update: its own budget stays.
 * @throws {ConfigError} for a budget that lives by another clock.
 */
export function extraAttemptSettings(
  policy: string,
  { budget: given, retryAfter, ...read }: AsRead,
  before: ExtraAttemptSettings | undefined,
): ExtraAttemptSettings {
  const { idempotent, isRetry, discard, clock } = read;
  if (given !== undefined && given !== false && given.clock !== undefined && given.clock !== clock) {
    throw new ConfigError(policy, 'budget.clock', 'another clock', `the clock of ${policy}: give both the same one`);
  }
  const ownBudget = before?.ownBudget ?? (given === undefined ? retryBudget({ clock }) : undefined);
  const budget = given === false ? UNBOUNDED : (given ?? ownBudget!);
  return { idempotent, isRetry, discard, clock, retryAfter: retryAfter === false ? NO_WISH : retryAfter, budget, ownBudget };
}

/** What a plan needs to know of extra attempts, be they one after another or side by side. */
export function extraAttemptTraits({ isRetry, budget }: ExtraAttemptSettings): Pick<PolicyTraits, 'firstOnly' | 'extraRatio'> {
  return { firstOnly: isRetry === IS_RETRY, ...(budget.ratio === undefined ? {} : { extraRatio: budget.ratio }) };
}
