import type { Clock } from '@holdfast/core';
import type { Levels, NameOf } from './levels.ts';
import type { Signal } from './ladder-signals.ts';

/** How a ladder comes back up. */
export interface ClimbOptions {
  /**
   * How long nothing must have been against it, in milliseconds; above 0. Counted anew at each level.
   * @default 5_000: a dependency that is back for less tends to be gone again
   */
  readonly afterMs?: number | undefined;
  /** After each relapse in a row the wait is this many times as long; at least 1. @default 2 */
  readonly factor?: number | undefined;
  /**
   * The longest wait, without its jitter, in milliseconds; at least `afterMs`.
   * @default 60_000, or `afterMs` if that is longer: however long the outage was, a minute and a half later it is tried again
   */
  readonly capMs?: number | undefined;
  /**
   * Up to this share longer each wait is, drawn anew; 0 to 1.
   * @default 0.5: processes that went down together do not come back together
   */
  readonly jitterRatio?: number | undefined;
  /**
   * Going down within so long of climbing is a relapse, in milliseconds; later it is news, and the wait is `afterMs` again.
   * @default 60_000: what fails again within a minute of its return is still the same outage
   */
  readonly resetAfterMs?: number | undefined;
  /**
   * From `startRatio` to all calls at the better level, in milliseconds; 0 for all at once, or else at least ten times `evaluateMs`.
   * @default 10_000: a herd of returning calls is spread over the time in which pools and caches fill up
   */
  readonly rampMs?: number | undefined;
  /** Share of the calls that try the better level first; above 0, to 1. @default 0.1, as Envoy's slow start */
  readonly startRatio?: number | undefined;
}

export interface LadderOptions<L extends Levels = Levels> {
  /** Shown in errors, events and snapshots. @default 'ladder' */
  readonly name?: string | undefined;
  /**
   * At least two, the best one first, each with a name of its own. Those without an `answer` run the inside and come first, so the
   * first is always one. An inside that fails at one of them is taken to fail at every better one.
   */
  readonly levels: L;
  /** What else moves the level, besides how the calls end. @default none */
  readonly signals?: readonly Signal<NoInfer<NameOf<L>>>[] | undefined;
  /**
   * Goes one level down when this share of the calls that ran the inside failed or was refused; above 0, to 1.
   * @default 0.5: below it most callers are served in full, above it most only wait for less
   */
  readonly failureRatio?: number | undefined;
  /**
   * Goes one level down when this share of them was `slow`, as a policy further in with `slowCallMs` calls it; above 0, to 1.
   * @default off
   */
  readonly slowRatio?: number | undefined;
  /**
   * Calls in the window before it is judged, at least 1; `Infinity` leaves the level to the signals. While a better level is tried,
   * five are enough.
   * @default 20, as of a circuit breaker
   */
  readonly minimumCalls?: number | undefined;
  /** How far back calls count. @default { durationMs: 10_000 } */
  readonly window?: { readonly durationMs: number } | undefined;
  /**
   * How long one look at the signals holds, in milliseconds. They are looked at when a call comes or the level is read: there is no
   * timer.
   * @default 100: soon enough for what is to last for seconds, and not worth mentioning at a thousand calls a second
   */
  readonly evaluateMs?: number | undefined;
  readonly climb?: ClimbOptions | undefined;
  /** Must be the pipeline's. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Decides which calls try the better level. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** What may change while it runs. */
export type LadderUpdate = Omit<LadderOptions, 'name' | 'levels' | 'clock' | 'random'>;
