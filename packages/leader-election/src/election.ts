import { ConfigError } from '@holdfast/core';
import { callback, durationMs, having, readOptions, text } from '@holdfast/core/options';
import { Campaign } from './campaign.ts';
import type { Job } from './campaign.ts';
import type { Candidate } from './candidate.ts';
import { electionSettings } from './election-options.ts';
import type { ElectionSettings, LeaderElectionOptions } from './election-options.ts';
import { healthOf } from './health.ts';
import type { ElectionHealth } from './health.ts';
import { takePart } from './identities.ts';
import { LeaderFeed } from './leader-feed.ts';
import type { Leader } from './leader.ts';
import { snapshotOf } from './snapshot.ts';
import type { ElectionSnapshot } from './snapshot.ts';
import type { Term } from './term.ts';

/** What a leader does: once for each term, and never two at a time. */
export type Work = (term: Term) => unknown;

export interface CampaignOptions {
  /** Stops the election as `stop()` does. */
  signal?: AbortSignal;
  /** Called when the work throws, or rejects, in a term that would have gone on. The candidate rests, and campaigns again. */
  onFailure?: (error: unknown, term: Term) => unknown;
}

export interface ResignOptions {
  /** Identity of the candidate that is to lead next. Others leave the lease to it for a retry period. @default anyone */
  to?: string;
}

export interface ObserveOptions {
  signal?: AbortSignal;
}

export interface HealthOptions {
  /** How long after the lease has expired its work may still be ending, in milliseconds. @default 20_000, as in Kubernetes' own components */
  toleranceMs?: number;
}

const aWork = callback<(() => unknown) | undefined>('(term) => void | Promise<void>', undefined);
const campaignRules = {
  signal: having<AbortSignal | undefined>('an AbortSignal', ['addEventListener', 'throwIfAborted'], undefined),
  onFailure: callback<NonNullable<CampaignOptions['onFailure']> | undefined>('(error, term) => void | Promise<void>', undefined),
};
const observeRules = { signal: campaignRules.signal };
const resignRules = { to: text('') };
const healthRules = { toleranceMs: durationMs(20_000) };

/**
 * Takes part in an election over a lease: of all processes that do, at most one leads at a time, as long as their clocks run at about
 * the same speed (5 % apart from true time, each) and no process is paused between `term.assertLeader()` and what it does then. What
 * must hold even so is for the fencing token: see `Term.token`.
 */
export interface LeaderElection extends AsyncDisposable {
  readonly name: string;
  readonly identity: string;
  /** Whether `assertLeader` of the present term would return. For display; work asks its term. */
  readonly isLeader: boolean;
  /**
   * Campaigns until stopped, and calls `work` once for each term. What `work` returns ends the term: the lease is released, and after
   * a rest the candidate campaigns again. Work that throws does so as well, with longer and longer rests.
   * @returns when stopped: the signal of the term aborted, the work settled, the lease released; or, if the work takes longer than
   * `drainTimeoutMs`, without a release. Never rejects for what the store does: it goes on trying.
   * @throws {ConfigError} when it runs already.
   */
  run(work: Work, options?: CampaignOptions): Promise<void>;
  /** As `run`, without waiting. */
  start(work: Work, options?: CampaignOptions): void;
  /**
   * Aborts the term, lets its work end, releases the lease. Resolves when `run` does, at once when it does not run; then it may be started
   * again. Work that wants to stop its election calls it and returns: were it to wait for this, each would wait for the other.
   */
  stop(): Promise<void>;
  /** Stops, and ends the loops of all who observe. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Gives up the present term as `stop` does, and goes on as a candidate. @returns whether there was a term to give up. */
  resign(options?: ResignOptions): boolean;
  /** Who leads as far as is known here: `undefined` for nobody, and while neither `run` nor `observe` goes on. */
  leader(): Leader | undefined;
  /**
   * The leader now and after each change, until the signal aborts or the loop is left. Observing alone never makes a candidate. It may be
   * behind by a request, or by the poll when the store cannot watch.
   */
  observe(options?: ObserveOptions): AsyncIterableIterator<Leader | undefined>;
  /** For a liveness probe. Leadership itself belongs in neither probe: followers would never become ready. */
  health(options?: HealthOptions): ElectionHealth;
  snapshot(): ElectionSnapshot;
}

/** @throws {ConfigError} */
export function leaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Election(electionSettings(options));
}

class Election implements LeaderElection {
  readonly #settings: ElectionSettings;
  readonly #campaign: Campaign;
  readonly #feed = new LeaderFeed();
  /** What the last `run` resolves with. */
  #over: Promise<void> = Promise.resolve();

  constructor(settings: ElectionSettings) {
    this.#settings = settings;
    this.#campaign = new Campaign(settings, () => this.#feed.changed());
  }

  get name(): string {
    return this.#settings.name;
  }

  get identity(): string {
    return this.#settings.identity;
  }

  get isLeader(): boolean {
    return this.#campaign.isHeld;
  }

  get #candidate(): Candidate {
    return this.#campaign.candidate;
  }

  async run(work: Work, options?: CampaignOptions): Promise<void> {
    return this.#begin(work, options);
  }

  start(work: Work, options?: CampaignOptions): void {
    void this.#begin(work, options);
  }

  /** @throws {ConfigError} at once. */
  #begin(work: Work, options: CampaignOptions | undefined): Promise<void> {
    if (!aWork.accepts(work)) throw new ConfigError(this.name, 'work', work, aWork.allowed);
    const { signal, onFailure } = readOptions(this.name, options, campaignRules);
    const leave = takePart(this.#settings);
    if (signal?.aborted === true) {
      leave();
      return Promise.resolve();
    }
    this.#over = this.#run({ work, onFailure }, signal).finally(leave);
    return this.#over;
  }

  async #run(job: Job, signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => void this.stop();
    signal?.addEventListener('abort', onAbort);
    try {
      await this.#campaign.run(job);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // The campaign is over; who only observes goes on.
      if (!this.#feed.isEmpty) this.#candidate.tell({ type: 'start', candidate: false });
    }
  }

  async stop(): Promise<void> {
    this.#campaign.stop();
    await this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed.end();
    if (!this.#campaign.isRunning) this.#candidate.tell({ type: 'stop' });
    await this.stop();
  }

  resign(options?: ResignOptions): boolean {
    const { to } = readOptions(this.name, options, resignRules);
    if (this.#candidate.elector.state.role.kind !== 'leading') return false;
    this.#candidate.tell({ type: 'resign', to });
    return true;
  }

  leader(): Leader | undefined {
    return this.#campaign.leader;
  }

  async *observe(options?: ObserveOptions): AsyncGenerator<Leader | undefined, void> {
    const { signal } = readOptions(this.name, options, observeRules);
    if (signal?.aborted === true) return;
    this.#candidate.tell({ type: 'start', candidate: false });
    try {
      yield* this.#feed.read(() => this.leader(), this.#candidate.elector.state.observation !== undefined, signal);
    } finally {
      if (this.#feed.isEmpty && !this.#campaign.isRunning) this.#candidate.tell({ type: 'stop' });
    }
  }

  health(options?: HealthOptions): ElectionHealth {
    const { toleranceMs } = readOptions(this.name, options, healthRules);
    return healthOf(this.#campaign.workingSince, this.#settings, this.#candidate.now(), toleranceMs);
  }

  snapshot(): ElectionSnapshot {
    return snapshotOf(this.#candidate, this.#settings);
  }
}
