import { ConfigError } from '@holdfast/core';
import type { Changes, Pipeline, Policy } from '@holdfast/core';

/** What a policy bounds, in milliseconds; `undefined` where there is none, or it does not say. */
export function limitOf(policy: Policy | false): number | undefined {
  return policy === false ? undefined : policy.traits?.().limitMs;
}

/** An attempt that may last longer than the whole call is never cut by its own time-out. @throws {ConfigError} when it may. */
export function checkAttempt(attempt: Policy | false, wholeMs: number): void {
  const attemptMs = limitOf(attempt) ?? 0;
  if (attemptMs <= wholeMs) return;
  throw new ConfigError('resilient', 'timeout.ms', attemptMs, `at most deadline.ms, which is ${wholeMs}`);
}

/** The same pipeline, which refuses an update after which an attempt might last longer than the whole, too. */
export function keptWithin<Added>(
  made: Pipeline<Added>,
  whole: Policy<unknown> | false,
  attempt: Policy<unknown> | false,
): Pipeline<Added> {
  if (whole === false || attempt === false) return made;
  const prepareUpdate = (changes: object): (() => void) => {
    const apply = made.prepareUpdate(changes);
    checkChanges(made.name, changes as Changes, whole, attempt);
    return apply;
  };
  return {
    ...made,
    prepareUpdate,
    update(changes) {
      prepareUpdate(changes);
      made.update(changes);
    },
  };
}

/** @param changes known to be options that these policies have. */
function checkChanges(owner: string, changes: Changes, whole: Policy<unknown>, attempt: Policy<unknown>): void {
  const [wholeMs, attemptMs] = [msAfter(changes, whole), msAfter(changes, attempt)];
  if (wholeMs === undefined || attemptMs === undefined || attemptMs <= wholeMs) return;
  const [wholes, attempts] = [`${whole.name}.ms`, `${attempt.name}.ms`];
  throw changedMs(changes, attempt) === undefined
    ? new ConfigError(owner, wholes, wholeMs, `at least ${attempts}, which is ${attemptMs}`)
    : new ConfigError(owner, attempts, attemptMs, `at most ${wholes}, which is ${wholeMs}`);
}

/** A policy's limit once it is changed; `undefined` where that is not known. */
function msAfter(changes: Changes, policy: Policy<unknown>): number | undefined {
  const ms = changedMs(changes, policy) ?? policy.traits?.().limitMs;
  return typeof ms === 'number' ? ms : undefined; // a function says so only for each attempt
}

function changedMs(changes: Changes, { name = '' }: Policy<unknown>): unknown {
  const options: { readonly ms?: unknown } | undefined = changes[name];
  return options?.ms;
}
