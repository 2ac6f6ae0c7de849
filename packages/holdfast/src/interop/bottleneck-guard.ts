import { QueueTimeoutError } from '@holdfast/bulkhead';
import { withoutStack } from '@holdfast/core';
import type { Clock, GuardCall, Outcome, PolicyTraits } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { TimeoutError } from '@holdfast/deadline';
import { Job } from './bottleneck-job.ts';
import type { BottleneckLimiter, BottleneckLimiterSnapshot } from './bottleneck-limiter.ts';
import { jobOptionsOf, readBottleneckOptions } from './bottleneck-options.ts';
import type { BottleneckLimiterOptions, BottleneckSettings } from './bottleneck-options.ts';
import { refusalOf } from './bottleneck-refusal.ts';
import type { BottleneckInstance } from './bottleneck-types.ts';

/** The guard behind `bottleneckLimiter`: makes a job of each call, and settles what the limiter and the call say of it. */
export class LimiterGuard implements BottleneckLimiter {
  readonly name: string;
  readonly clock: Clock;
  readonly #limiter: BottleneckInstance;
  readonly #waiting = new Set<Job>();
  #given: BottleneckLimiterOptions;
  #settings: BottleneckSettings;
  #running = 0;
  #ghosts = 0;

  constructor(settings: BottleneckSettings, limiter: BottleneckInstance, given: BottleneckLimiterOptions) {
    const { name, clock } = settings;
    this.name = name;
    this.clock = clock;
    this.#limiter = limiter;
    this.#settings = settings;
    this.#given = given;
    // With `rejectOnDrop: false` nothing else tells. Otherwise the job's own rejection comes first, and says why.
    limiter.on('dropped', ({ args: [job] }) => {
      if (job instanceof Job && job.owner === this) void Promise.resolve().then(() => this.#settle(job, undefined));
    });
  }

  enter(call: GuardCall): Promise<Job> {
    const job = new Job(this, call, jobOptionsOf(this.#settings, call), this.clock.now(), (late) => this.#giveUp(late));
    if (call.cancelled) throw call.reason; // maybe by one of the callbacks just asked
    this.#limiter.schedule(job.options, this.#begin, job).then(
      () => this.#settle(job, undefined),
      (error: unknown) => this.#settle(job, error),
    );
    this.#waiting.add(job);
    this.#bound(job);
    job.stopListening = call.onCancel((reason) => this.#leave(job, reason));
    return job.admission.promise;
  }

  exit(call: GuardCall, _outcome: Outcome, entered: unknown): void {
    const job = entered as Job;
    const settled = this.#settings.holdUntilSettled ? call.whenSettled() : undefined;
    if (settled === undefined) this.#finish(job);
    else void settled.then(() => this.#finish(job));
  }

  snapshot(): BottleneckLimiterSnapshot {
    const { RECEIVED, QUEUED, RUNNING, EXECUTING } = this.#limiter.counts();
    return {
      policy: this.name,
      kind: 'bottleneckLimiter',
      waiting: this.#waiting.size,
      running: this.#running,
      ghosts: this.#ghosts,
      queuedJobs: RECEIVED + QUEUED,
      runningJobs: RUNNING + EXECUTING,
    };
  }

  traits(): PolicyTraits {
    const { maxWaitMs: waitMs, expirationMs: limitMs = Number.POSITIVE_INFINITY } = this.#settings;
    return { waitMs, limitMs, holds: true };
  }

  prepareUpdate(options: object): () => void {
    const given = withChanges(this.name, this.#given, options);
    const settings = readBottleneckOptions(given);
    checkFixed(this.name, this.#settings, settings, ['name', 'clock']);
    return () => {
      this.#given = given;
      this.#settings = settings;
      for (const job of this.#waiting) this.#bound(job);
    };
  }

  #bound({ alarm, arrivedAt }: Job): void {
    const leftMs = arrivedAt + this.#settings.maxWaitMs - this.clock.now();
    if (leftMs === Number.POSITIVE_INFINITY) this.clock.disarm(alarm);
    else this.clock.arm(alarm, Math.max(0, leftMs));
  }

  /** Bottleneck begins the job; once more if it was asked to retry one that expired. */
  readonly #begin = (entered: unknown): Promise<void> => {
    const job = entered as Job;
    if (job.state === 'waiting') {
      this.#forget(job);
      job.state = 'running';
      this.#running++;
      const { expiration } = job.options;
      if (expiration !== null) job.call.limit(expiration, () => withoutStack(() => new TimeoutError(this.name, expiration)));
      job.admission.resolve(job);
    }
    return job.end.promise;
  };

  /** The call has ended, and what it left behind, too. */
  #finish(job: Job): void {
    job.state = 'over';
    this.#running--;
    job.end.resolve();
  }

  /** Bottleneck is done with the job, or would not have it; of one whose call still runs it has given the slot away. */
  #settle(job: Job, error: unknown): void {
    if (job.state === 'left') this.#ghosts--;
    if (job.state === 'waiting') {
      this.#forget(job);
      job.admission.reject(refusalOf(this.#settings, job.options, error));
    }
    job.state = 'over';
  }

  #giveUp(job: Job): void {
    const { maxWaitMs } = this.#settings;
    this.#leave(
      job,
      withoutStack(() => new QueueTimeoutError(this.name, maxWaitMs)),
    );
  }

  /** The call goes; its job cannot. */
  #leave(job: Job, reason: unknown): void {
    this.#forget(job);
    job.state = 'left';
    this.#ghosts++;
    job.end.resolve();
    job.admission.reject(reason);
  }

  #forget(job: Job): void {
    job.stopListening();
    this.clock.disarm(job.alarm);
    this.#waiting.delete(job);
  }
}
