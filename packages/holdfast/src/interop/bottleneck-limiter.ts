import { ConfigError } from '@holdfast/core';
import type { Clock, Guard, GuardCall, PolicyTraits } from '@holdfast/core';
import { having } from '@holdfast/core/options';
import { LimiterGuard } from './bottleneck-guard.ts';
import { readBottleneckOptions } from './bottleneck-options.ts';
import type { BottleneckLimiterOptions } from './bottleneck-options.ts';
import type { BottleneckInstance } from './bottleneck-types.ts';

/** A limiter at one moment, as plain JSON. */
export interface BottleneckLimiterSnapshot {
  readonly policy: string;
  readonly kind: 'bottleneckLimiter';
  /** Calls of pipelines that wait for the limiter, and that it has begun. */
  readonly waiting: number;
  readonly running: number;
  /** Jobs of calls that have left; they stay in the limiter's queue until their turn, and end then at once. */
  readonly ghosts: number;
  /** Jobs in the limiter of this process, ghosts and those of older code included: not begun and begun. */
  readonly queuedJobs: number;
  readonly runningJobs: number;
}

export interface BottleneckLimiter extends Guard {
  readonly name: string;
  readonly clock: Clock;
  enter(call: GuardCall): Promise<unknown>;
  snapshot(): BottleneckLimiterSnapshot;
  traits(): PolicyTraits;
  /** All may change but `name` and `clock`. A changed `maxWaitMs` holds for those who wait, too, from their arrival. */
  prepareUpdate(options: object): () => void;
}

/**
 * Somebody's `Bottleneck` limiter as a policy: each call is a job of it, which begins when the call is admitted and ends with the call.
 * So calls of pipelines and jobs of older code share its limits; with a Redis store, the whole fleet does.
 *
 * Bottleneck parks every job on a timer, so each call waits for some milliseconds at least. It cannot take back a job: the
 * call of a caller who gives up leaves at once, its job stays in the queue, takes its turn, its weight and its share of the reservoir
 * and gives the slot back in the same moment (`ghosts` in the snapshot). The operation runs in its caller's async context, which
 * Bottleneck by itself does not keep.
 *
 * A failed call is a job that is done: Bottleneck's `failed` event, and the retries it can ask for, are for its own `expiration` only.
 * @throws {ConfigError} for options that cannot be, and for something that is no limiter.
 */
export function bottleneckLimiter(limiter: BottleneckInstance, options?: BottleneckLimiterOptions): BottleneckLimiter {
  const settings = readBottleneckOptions(options);
  if (!A_LIMITER.accepts(limiter)) throw new ConfigError(settings.name, 'limiter', limiter, A_LIMITER.allowed);
  return new LimiterGuard(settings, limiter, { ...options });
}

const A_LIMITER = having('a Bottleneck limiter', ['schedule', 'on', 'counts'], undefined);
