import { ConfigError } from '@holdfast/core';
import type { Clock, Guard, PolicyTraits, Random } from '@holdfast/core';
import { aClock, aRandom, readOptions } from '@holdfast/core/options';
import type { RetryOptions, RetrySnapshot } from '@holdfast/retry';
import { PRetryGuard } from './p-retry-guard.ts';
import type { PRetryOptions } from './p-retry-options.ts';

/** What p-retry has no option for: as in `retry`, but for the defaults `idempotent: true`, `budget: false`, `retryAfter: false`. */
export type PRetryExtras = Omit<RetryOptions, 'attempts' | 'backoff' | 'retryOn' | 'unsent'>;

export interface PRetryPolicy extends Guard {
  readonly name: string;
  readonly clock: Clock;
  snapshot(): RetrySnapshot;
  traits(): PolicyTraits;
  /** Takes p-retry's options. They hold for the next failure, also of calls under way; a wait that has begun goes on. */
  prepareUpdate(options: object): () => void;
}

/**
 * A `retry` that follows a set of p-retry options: the same waits, the same callbacks in the same order with the same context, the same
 * errors that end it. Beneath is holdfast's own `retry`, so that a wait ends with the call, and its events, snapshot and
 * trail are those of any retry.
 *
 * Calls are repeated although they do not say that it does no harm: whoever wrote `pRetry(…)` around them said so. A call that
 * says `idempotent: false` is not. There is no budget and no regard for `Retry-After`, as p-retry has neither; both can be
 * given in `extras`.
 *
 * Unlike p-retry
 * - a value that the pipeline classifies as a failure is retried, with an error made for the callbacks; what it ignores is not;
 * - a refusal by a policy further in is not retried, nor is a call that is itself a retry of a layer above;
 * - something thrown that is no error is passed on as it is, and not as a `TypeError`;
 * - no attempt is begun that the call's deadline would not let begin.
 * @throws {ConfigError} for what p-retry refuses, and for what cannot be had: `signal`, `unref: true`, `retries` above 9 999.
 */
export function retryFromPRetry(options?: PRetryOptions, extras?: PRetryExtras): PRetryPolicy {
  const { name = 'retry', clock, random } = readExtras(extras);
  return new PRetryGuard(name, options, extras, clock, random);
}

function readExtras(extras: RetryOptions | undefined): { name?: string; clock: Clock; random: Random } {
  for (const option of ['attempts', 'backoff', 'retryOn', 'unsent'] as const) {
    const value = extras?.[option];
    if (value !== undefined) throw new ConfigError('retry', option, value, "left out: p-retry's own options say it");
  }
  const { name, clock, random } = extras ?? {};
  const read = readOptions('retry', { clock, random }, { clock: aClock, random: aRandom });
  return name === undefined ? read : { ...read, name };
}
