import type { Clock } from '@holdfast/core';

/** The calls of the last `durationMs`. */
export interface TimeWindow {
  /** In milliseconds, at least 1; kept in ten slices, so a call counts for nine to ten tenths of it. */
  readonly durationMs: number;
  readonly calls?: never;
}

/** The last `calls` calls, however long ago. */
export interface CallWindow {
  /** At least 1. */
  readonly calls: number;
  readonly durationMs?: never;
}

/** How the open time grows while the dependency fails its trials again and again. */
export interface BackoffOptions {
  /** Each opening in a row is this many times as long as the one before; at least 1, which keeps it constant. @default 2 */
  readonly factor?: number | undefined;
  /**
   * The longest open time, in milliseconds; at least `openMs`.
   * @default 30_000, or `openMs` if that is longer: however long the outage was, its end is noticed half a minute later at most.
   */
  readonly capMs?: number | undefined;
  /**
   * Share of what has grown on top of `openMs` that is drawn anew each time; 0 to 1. The first opening lasts exactly `openMs`.
   * @default 0.5: clients that opened together drift apart, and do not try again together.
   */
  readonly jitterRatio?: number | undefined;
  /**
   * After this long closed, in milliseconds, the next opening is a first one again.
   * @default 60_000: what fails again within a minute of its recovery is still the same outage.
   */
  readonly resetAfterMs?: number | undefined;
}

/** How recovery is found out once the open time is over. */
export interface HalfOpenOptions {
  /**
   * Trial calls, at least 1: so many are let through, and judged together by their ratios, as soon as those still missing cannot
   * change the verdict. All other callers are refused at once.
   * @default 1: each trial is somebody's call that may fail, and one is enough to find that what was down still is. Give 5 or 10
   * to what tends to be half broken.
   */
  readonly permits?: number | undefined;
  /** Opens again if this share of the trial calls fails; above 0, to 1. @default `failureRatio`, or 0.5 where that is off */
  readonly failureRatio?: number | undefined;
  /** Opens again if this share of the trial calls is slow; above 0, to 1. Needs `slowCallMs`. @default `slowRatio` */
  readonly slowRatio?: number | undefined;
  /**
   * How long to wait for the last trial call let through, in milliseconds; above 0, at least `slowCallMs`. After it the permits
   * of those that hang are given out anew, and their late endings count for nothing.
   * @default 60_000, or `slowCallMs` if that is longer: longer than a call should ever take, so that no answer is thrown away.
   */
  readonly maxWaitMs?: number | undefined;
}

/** How traffic comes back after recovery. */
export interface RampOptions {
  /** From `startRatio` to all calls, in milliseconds; above 0. */
  readonly durationMs: number;
  /**
   * Share of the calls let through at first; above 0, to 1. Grows evenly.
   * @default 0.1: enough calls to see a relapse, few enough for cold caches and connection pools. Envoy's slow start has the same.
   */
  readonly startRatio?: number | undefined;
  /**
   * Stands in for `minimumCalls` during the ramp; from 1 to `minimumCalls`.
   * @default 5, or `minimumCalls` if that is less: only a share of the calls comes through, and the circuit was just open.
   */
  readonly minimumCalls?: number | undefined;
}

export interface CircuitBreakerOptions {
  /** Shown in errors, events and snapshots. @default 'circuitBreaker' */
  readonly name?: string | undefined;
  /**
   * Opens when this share of the calls in the window, or more, has failed; above 0, to 1.
   * @default 0.5: below it most callers are still served, above it most only wait for an error. Hystrix and resilience4j have the same.
   */
  readonly failureRatio?: number | undefined;
  /**
   * A call that answers, but takes this long or longer, is slow; in milliseconds, above 0. It makes the pipeline classify such
   * calls as `slow`, for all of its policies; the lowest one in a pipeline holds.
   * @default undefined: how long is too long only you know, and watching costs each call a timer.
   */
  readonly slowCallMs?: number | undefined;
  /**
   * Opens when this share of the calls in the window, or more, was slow; above 0, to 1. Needs `slowCallMs`.
   * @default 0.8 with `slowCallMs`: a slow answer is still an answer, so more of them are borne than failures.
   */
  readonly slowRatio?: number | undefined;
  /**
   * Opens after so many failures one after another, at least 1. Beside the ratios; instead of them when none of `window`,
   * `failureRatio`, `slowCallMs`, `slowRatio` and `minimumCalls` is given. Any answer, a
   * slow one too, ends the row. Meant for rare calls, which never fill a window.
   * @default undefined: with many calls in flight one bad moment fails a whole row of them.
   */
  readonly consecutiveFailures?: number | undefined;
  /**
   * What the ratios are taken over: the calls of the last `durationMs`, or the last `calls`.
   * @default { durationMs: 10_000 }: long enough to even out a bad second, short enough to forget what is over. Hystrix has the same.
   */
  readonly window?: TimeWindow | CallWindow | undefined;
  /**
   * Ratios are judged only over so many calls or more; at least 1, and at most `window.calls`.
   * @default 20, or `window.calls` if that is less: of few calls, one or two failures are already half. Hystrix has the same.
   */
  readonly minimumCalls?: number | undefined;
  /**
   * How long the circuit stays open the first time, in milliseconds; 0 tries again at once.
   * @default 5_000: a crashed process is back by then, and a lost connection re-made. Hystrix and Polly have the same.
   */
  readonly openMs?: number | undefined;
  readonly backoff?: BackoffOptions | undefined;
  readonly halfOpen?: HalfOpenOptions | undefined;
  /** @default undefined: closed is closed. A ramp refuses calls to what is well again; it is worth it where a flood would fell it. */
  readonly ramp?: RampOptions | undefined;
  /** Must be the pipeline's own. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** For jitter and ramp; uniform in [0, 1). @default the system's */
  readonly random?: (() => number) | undefined;
}

/**
 * Options to be changed while the breaker runs. Those left out stay as they are, inside of `backoff`, `halfOpen` and `ramp`, too; an
 * explicit `undefined` brings the default back. `name`, `clock`, `random` and the kind of window may only be repeated.
 */
export interface CircuitBreakerUpdate extends Omit<CircuitBreakerOptions, 'ramp'> {
  readonly ramp?: Partial<RampOptions> | undefined;
}
