import { pipeline, subscribe } from '@holdfast/core';
import type { Classify, HoldfastEvent, Pipeline } from '@holdfast/core';
import { VirtualClock, scripted } from '@holdfast/core/testing';
import type { Scripted, Step } from '@holdfast/core/testing';
import { onTestFinished } from 'vitest';
import { constant } from '../src/backoff.ts';
import { retry } from '../src/retry.ts';
import type { RetryPolicy } from '../src/retry.ts';
import type { RetryOptions } from '../src/retry-options.ts';

export interface Setup {
  readonly clock: VirtualClock;
  readonly policy: RetryPolicy;
  readonly protect: Pipeline;
  readonly dependency: Scripted<unknown>;
  /** When each attempt began. */
  readonly startedAt: () => number[];
}

/** A dependency that plays `steps`, behind a retry of idempotent calls that waits 100 ms unless told otherwise. */
export function setUp(steps: readonly Step<unknown>[], options: RetryOptions = {}, classify?: Classify): Setup {
  const clock = (options.clock ?? new VirtualClock()) as VirtualClock;
  const policy = retry({ idempotent: true, backoff: constant(100), random: () => 0, clock, ...options });
  const protect = pipeline({ name: 'orders', clock, classify }, policy);
  const dependency = scripted(steps, { clock });
  return { clock, policy, protect, dependency, startedAt: () => dependency.calls.map(({ at }) => at) };
}

/** All events of the kinds `retry.…` from here to the end of the test. */
export function retryEvents(): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => event.type.startsWith('retry.') && events.push(event)));
  return events;
}

/** How a promise ended, so that it can be looked at after time has moved. */
export function ending<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
