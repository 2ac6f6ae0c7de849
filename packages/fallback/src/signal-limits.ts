import { durationMs, number, text } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';

/** When a signal counts as bad, and what follows. */
export interface SignalLimits<Name extends string = string> {
  /** Bad from this reading on; above 0, in the signal's own unit. @default 0.8 */
  readonly downAt?: number | undefined;
  /**
   * No longer bad below this; above 0, at most `downAt`. The gap keeps a reading that hovers at one threshold from moving the level
   * up and down.
   * @default half of `downAt`: what is left by half has room for the load that comes back
   */
  readonly upBelow?: number | undefined;
  /**
   * Only bad when every look for so long has found it so, in milliseconds.
   * @default 0: at once. For queues and calls in flight 1_000: a burst that is over within a second is what a queue is for
   */
  readonly forMs?: number | undefined;
  /**
   * While it is bad, this is the best level that is served.
   * @default the first level that does not run the inside, for that takes the load off it; the second level if all of them do
   */
  readonly to?: Name | undefined;
}

type LimitRules = {
  readonly downAt: OptionRule<number>;
  readonly upBelow: OptionRule<number | undefined>;
  readonly forMs: OptionRule<number>;
  readonly to: OptionRule<string | undefined>;
};

export const limitRules = (forMs: number): LimitRules => ({
  downAt: number({ min: 0, above: true }, 0.8),
  upBelow: number<undefined>({ min: 0, above: true }, undefined),
  forMs: durationMs(forMs),
  to: text<undefined>(undefined),
});
