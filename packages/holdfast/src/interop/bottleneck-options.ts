import { ConfigError, withoutStack } from '@holdfast/core';
import type { CallContext, Clock, Criticality } from '@holdfast/core';
import { aClock, anything, callback, durationMs, flag, number, oneOf, readOptions, text } from '@holdfast/core/options';
import type { NumberRange } from '@holdfast/core/options';
import type { BottleneckJobOptions } from './bottleneck-types.ts';

export interface BottleneckLimiterOptions {
  /** Shown in errors, events and snapshots. @default 'bottleneckLimiter' */
  readonly name?: string | undefined;
  /**
   * What it is there for, and so which code a refusal has: `HOLDFAST_RATE_LIMITED` or `HOLDFAST_BULKHEAD_FULL`.
   * @default 'rate': a limiter with no more than `maxConcurrent` is the rarer one, and does not say so to others
   */
  readonly limits?: 'rate' | 'concurrency' | undefined;
  /**
   * The longest wait for the limiter to begin the job, in milliseconds, above 0; then a `QueueTimeoutError`. It bounds also the wait
   * for a Redis that does not answer.
   * @default Infinity: the length of its queue is what its owner configured. Put a `deadline` outside, or set this for a cluster
   */
  readonly maxWaitMs?: number | undefined;
  /** A whole number from 0 to 9, the lowest goes first. @default by criticality: critical_plus 3, critical 5 as any job, sheddable_plus 7, sheddable 9 */
  readonly priority?: ((call: CallContext) => number) | undefined;
  /** A whole number of at least 0. @default () => 1 */
  readonly weight?: ((call: CallContext) => number) | undefined;
  /**
   * Bottleneck's `expiration`: how long a call may hold its slot, in milliseconds, above 0. Then the limiter gives the slot away, and
   * the call ends with a `TimeoutError`, for it has none. In a cluster it also gives back the slots of a process that died.
   * @default none, as in Bottleneck
   */
  readonly expirationMs?: number | undefined;
  /** Shown in Bottleneck's own events; unique among the jobs of the limiter. @default one that Bottleneck makes up */
  readonly id?: ((call: CallContext) => string) | undefined;
  /**
   * Whether a call that left its operation behind (at a time-out, or because its caller gave up) keeps its slot until that operation
   * has really ended.
   * @default false: one that never ends would keep it for ever
   */
  readonly holdUntilSettled?: boolean | undefined;
  /** For `maxWaitMs` and `expirationMs`; Bottleneck itself runs on the system's time. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
}

export type BottleneckSettings = {
  readonly [O in keyof Omit<BottleneckLimiterOptions, 'expirationMs' | 'id'>]-?: Exclude<BottleneckLimiterOptions[O], undefined>;
} & Pick<BottleneckLimiterOptions, 'expirationMs' | 'id'>;

/** Half of Bottleneck's ten priorities around its default, 5, so that jobs of older code are as urgent as calls that do not say. */
const PRIORITY_OF: Readonly<Record<Criticality, number>> = { critical_plus: 3, critical: 5, sheddable_plus: 7, sheddable: 9 };

/** @throws {ConfigError} */
export function readBottleneckOptions(options: BottleneckLimiterOptions | undefined): BottleneckSettings {
  const call = (answer: string): string => `(call) => ${answer}`;
  return readOptions('bottleneckLimiter', options, {
    name: text('bottleneckLimiter'),
    limits: oneOf(['rate', 'concurrency'], 'rate'),
    maxWaitMs: durationMs(Number.POSITIVE_INFINITY, { above: true, orInfinity: true }),
    priority: callback(call('a whole number from 0 to 9'), ({ criticality }: CallContext) => PRIORITY_OF[criticality]),
    weight: callback(call('a whole number of at least 0'), (_call: CallContext) => 1),
    expirationMs: durationMs<undefined>(undefined, { above: true }),
    id: callback<BottleneckSettings['id']>(call('a string'), undefined),
    holdUntilSettled: flag(false),
    clock: aClock,
  });
}

const PRIORITY: NumberRange = { min: 0, max: 9, integer: true };
const WEIGHT: NumberRange = { min: 0, integer: true };
const ID = anything('a function that gives a non-empty string', '', (value) => typeof value === 'string' && value !== '');

/** @throws {ConfigError} when one of the callbacks gives what Bottleneck would silently take for something else. */
export function jobOptionsOf(settings: BottleneckSettings, call: CallContext): BottleneckJobOptions {
  const { name, expirationMs = null, id } = settings;
  const checked = (option: string, range: NumberRange, value: number): number => {
    const { accepts, allowed } = number(range, 0);
    if (accepts(value)) return value;
    throw withoutStack(() => new ConfigError(name, option, value, `a function that gives ${allowed}`));
  };
  const options = {
    priority: checked('priority', PRIORITY, settings.priority(call)),
    weight: checked('weight', WEIGHT, settings.weight(call)),
    expiration: expirationMs,
  };
  if (id === undefined) return options;
  const given = id(call);
  if (!ID.accepts(given)) throw withoutStack(() => new ConfigError(name, 'id', given, ID.allowed));
  return { ...options, id: given };
}
