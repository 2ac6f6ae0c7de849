import type { Settings } from './settings.ts';
import { shareOf } from './tally.ts';
import type { Counts } from './tally.ts';

/** What may open a circuit. */
export type Rule = 'failureRatio' | 'slowRatio' | 'consecutiveFailures';

/** A judgement over the calls counted so far, with the numbers it rests on. */
export interface Verdict extends Counts {
  /** The rule that was broken; `undefined` if the dependency has recovered. */
  readonly broken: Rule | undefined;
  readonly failureRatio: number;
  readonly slowRatio: number;
  /** How many of the last calls failed one after another; trial calls are not counted here. */
  readonly consecutiveFailures: number;
}

/**
 * The verdict on a closed circuit, after every call that counts: a success may be the one that makes the number of calls enough.
 * @param enough calls from which on ratios mean something.
 */
export function judgeWindow(
  settings: Settings,
  counts: Counts,
  consecutiveFailures: number,
  enough: number,
): Verdict | undefined {
  const { calls, failures, slow } = counts;
  if (consecutiveFailures >= settings.consecutiveFailures) return verdict('consecutiveFailures', counts, consecutiveFailures);
  if (calls < enough) return undefined;
  // Divided, not multiplied: 7 / 100 is exactly the number written 0.07, but 0.07 * 100 is more than 7.
  if (failures / calls >= settings.failureRatio) return verdict('failureRatio', counts, consecutiveFailures);
  if (slow / calls >= settings.slowRatio) return verdict('slowRatio', counts, consecutiveFailures);
  return undefined;
}

/**
 * The verdict on the trial calls, as soon as those still missing cannot change it: what one would say after all of them.
 * @param permits how many trial calls there are in all.
 */
export function judgeTrial(settings: Settings, permits: number, counts: Counts): Verdict | undefined {
  const { trialFailureRatio, trialSlowRatio } = settings;
  const { calls, failures, slow } = counts;
  if (failures / permits >= trialFailureRatio) return verdict('failureRatio', counts, 0);
  if (slow / permits >= trialSlowRatio) return verdict('slowRatio', counts, 0);
  const missing = permits - calls;
  const passed = (failures + missing) / permits < trialFailureRatio && (slow + missing) / permits < trialSlowRatio;
  return passed ? verdict(undefined, counts, 0) : undefined;
}

function verdict(broken: Rule | undefined, { calls, failures, slow }: Counts, consecutiveFailures: number): Verdict {
  const failureRatio = shareOf(failures, calls);
  const slowRatio = shareOf(slow, calls);
  return { broken, calls, failures, slow, failureRatio, slowRatio, consecutiveFailures };
}
