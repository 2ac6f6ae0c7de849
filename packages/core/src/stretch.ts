import type { Classify } from './classify.ts';
import type { Frame } from './frame.ts';
import type { Outcome } from './outcome.ts';
import type { Guard, Wrapper } from './policy.ts';

/**
 * A guard, its methods looked up once: every stage has the same shape, so the loop below stays monomorphic whatever the guards
 * look like.
 */
export interface Stage {
  readonly name: string;
  readonly guard: Guard<unknown>;
  readonly enter: Guard['enter'];
  readonly exit: Guard['exit'];
}

/** Neighbouring guards run as one loop; a wrapper ends the stretch and holds the next one inside. */
export interface Stretch {
  readonly stages: readonly Stage[];
  readonly wrapper: Wrapper<unknown> | undefined;
  readonly inside: Stretch | undefined;
  readonly classify: Classify | undefined;
  readonly slowCallMs: number;
  /** Whether durations or slowness are asked for. */
  readonly observed: boolean;
  /** Whether what it runs is the caller's operation, an attempt, rather than another policy. */
  readonly endsInOperation: boolean;
  /** Told when a call through it has ended; the pipeline's own, on its first stretch. */
  readonly finished: ((frame: Frame, outcome: Outcome) => void) | undefined;
}
