import { Alarm } from '@holdfast/core';
import type { GuardCall } from '@holdfast/core';
import type { BottleneckJobOptions } from './bottleneck-types.ts';

/** As `Promise.withResolvers` makes it; its own type is too new for some readers of our declarations. */
interface Settled<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** A call on its way through the limiter. */
export class Job {
  /** The guard it came through. */
  readonly owner: object;
  readonly call: GuardCall;
  readonly options: BottleneckJobOptions;
  /** In the clock's milliseconds. */
  readonly arrivedAt: number;
  state: 'waiting' | 'running' | 'left' | 'over' = 'waiting';
  /** What the engine awaits, */
  readonly admission: Settled<Job> = Promise.withResolvers<Job>();
  /** and what Bottleneck awaits. */
  readonly end: Settled<void> = Promise.withResolvers<void>();
  /** Rings when it has waited for as long as it may. */
  readonly alarm: Alarm;
  stopListening: () => void = () => {};

  constructor(owner: object, call: GuardCall, options: BottleneckJobOptions, arrivedAt: number, tooLate: (job: Job) => void) {
    this.owner = owner;
    this.call = call;
    this.options = options;
    this.arrivedAt = arrivedAt;
    this.alarm = new Alarm(() => tooLate(this));
  }
}
