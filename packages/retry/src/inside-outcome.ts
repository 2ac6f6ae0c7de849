import { Outcome } from '@holdfast/core';
import type { ForkedCall } from '@holdfast/core';

/** How the run inside a fork ended: as it was classified there, unless a wrapper of somebody's own made another ending of it. */
export function outcomeOf(fork: ForkedCall, threw: boolean, value: unknown, error: unknown): Outcome {
  const noted = fork.innerOutcome;
  const same = noted?.threw === threw && Object.is(threw ? noted.error : noted.value, threw ? error : value);
  return same ? noted : new Outcome(threw ? 'failure' : 'success', threw, value, error);
}
