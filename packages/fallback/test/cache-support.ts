import { DeadlineError, subscribe } from '@holdfast/core';
import type { Guard, HoldfastEvent, Outcome } from '@holdfast/core';
import { onTestFinished } from 'vitest';

export const hangs = (): Promise<never> => new Promise(() => {});

/** What it rejects with; handled from the start, so that a test may look at it later. */
export const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Bounds what is inside, as a time-out or a deadline does. */
export const limit = (ms: number, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => new DeadlineError('limit', ms), cooperative),
});

/** What is seen in its place. */
export function witness(): Guard & { readonly seen: Outcome[] } {
  const seen: Outcome[] = [];
  return { name: 'witness', seen, exit: (_call, outcome) => void seen.push(outcome) };
}

/** Events of these policies, and faults, until the test is over. */
export function eventsOf(pattern: RegExp): HoldfastEvent[] {
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => void (pattern.test(event.type) && seen.push(event))));
  return seen;
}
