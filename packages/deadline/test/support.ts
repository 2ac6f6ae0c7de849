import { Again, pipeline } from '@holdfast/core';
import type { Guard, Outcome, OutcomeKind, Pipeline, Policy } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';

/** What every outcome was classified as, in the place of a circuit breaker. */
export interface Witness extends Guard {
  readonly seen: OutcomeKind[];
}

export function witness(): Witness {
  const seen: OutcomeKind[] = [];
  return { name: 'witness', seen, exit: (_call, outcome) => void seen.push(outcome.kind) };
}

/** A clock, and a pipeline on it with a witness around the policies. */
export function behindWitness(policies: (clock: VirtualClock) => readonly Policy[]): {
  clock: VirtualClock;
  outside: Witness;
  service: Pipeline;
} {
  const clock = new VirtualClock();
  const outside = witness();
  return { clock, outside, service: pipeline({ name: 'service', clock }, outside, ...policies(clock)) };
}

/** Lets nobody in until the call is over; `waiting` tells how many stand at the door. */
export function shutDoor(): Guard & { readonly waiting: number } {
  let waiting = 0;
  return {
    name: 'door',
    enter(call) {
      waiting++;
      return new Promise((_, reject) => {
        call.onCancel((reason) => {
          waiting--;
          reject(reason);
        });
      });
    },
    get waiting() {
      return waiting;
    },
  };
}

/** Tries again after every failure, `waitMs` later, for ever. */
export function stubborn(waitMs: number): Guard {
  return {
    name: 'stubborn',
    async exit(call, outcome: Outcome) {
      if (!outcome.threw) return undefined;
      await call.sleep(waitMs);
      return new Again();
    },
  };
}

/** What it rejects with; handled from the start, so that a test may look at it later. */
export const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

export const hangs = (): Promise<never> => new Promise(() => {});
