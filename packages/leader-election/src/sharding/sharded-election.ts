import { ConfigError } from '@holdfast/core';
import { callback, durationMs, having, readOptions } from '@holdfast/core/options';
import type { HealthOptions } from '../election.ts';
import type { ElectionSettings } from '../election-options.ts';
import { healthOf } from '../health.ts';
import type { ElectionHealth } from '../health.ts';
import { takePart } from '../identities.ts';
import type { Leader } from '../leader.ts';
import { uniqueId } from '../system.ts';
import type { Term } from '../term.ts';
import { Balancer } from './balancer.ts';
import { Shard } from './shard.ts';
import { leaseOf, shardedSettings } from './sharding-options.ts';
import type { ShardedElectionOptions, ShardedSettings } from './sharding-options.ts';
import { shardedSnapshotOf } from './snapshot.ts';
import type { ShardedElectionSnapshot } from './snapshot.ts';

/** What the leader of a shard does: once for each term of each shard, and never two at a time for one shard. */
export type ShardWork = (shard: string, term: Term) => unknown;

export interface ShardedCampaignOptions {
  /** Stops the election as `stop()` does. */
  signal?: AbortSignal;
  /** Called when the work of a shard throws, or rejects, in a term that would have gone on. Other shards are not touched. */
  onFailure?: (error: unknown, shard: string, term: Term) => unknown;
}

const aWork = callback<ShardWork | undefined>('(shard, term) => void | Promise<void>', undefined);
const campaignRules = {
  signal: having<AbortSignal | undefined>('an AbortSignal', ['addEventListener', 'throwIfAborted'], undefined),
  onFailure: callback<NonNullable<ShardedCampaignOptions['onFailure']> | undefined>(
    '(error, shard, term) => void | Promise<void>',
    undefined,
  ),
};
const healthRules = { toleranceMs: durationMs(20_000) };

/**
 * Shares a number of shards among all members that take part. Each shard is an election of its own over a lease of its own, and what
 * `LeaderElection` promises holds for each: at most one member leads it, and its terms have tokens that grow. In addition the members
 * keep their numbers of shards within one of each other, with as few moves as that takes; a shard moves only by being released, and
 * only when its work has settled.
 *
 * That a balance is reached is promised where the store works and can watch: within `leaseDurationMs` and three retry periods after the
 * last member came, left or crashed. That it is reached is never needed for safety.
 */
export interface ShardedElection extends AsyncDisposable {
  readonly name: string;
  readonly identity: string;
  /**
   * Campaigns for shards until stopped, and calls `work` once for each term of each shard, those of different shards side by side. What
   * returns ends its term: the shard is released, to whoever takes it next.
   * @returns when stopped: all signals aborted, all work settled, all leases released; or, for work that takes longer than
   * `drainTimeoutMs`, without a release. Never rejects for what the store does.
   * @throws {ConfigError} when it runs already.
   */
  run(work: ShardWork, options?: ShardedCampaignOptions): Promise<void>;
  /** As `run`, without waiting. */
  start(work: ShardWork, options?: ShardedCampaignOptions): void;
  /** Aborts all terms, lets their work end, releases the leases: others take them at once. Resolves when `run` does, at once when it does not run. Work must not wait for it, but return. */
  stop(): Promise<void>;
  /** The shards whose terms are this member's at this moment, in the order of the options. For display; work asks its term. */
  shards(): string[];
  /** For each shard who leads it as far as is known here: `undefined` for nobody, and while it does not run. */
  owners(): Map<string, Leader | undefined>;
  /** For a liveness probe: as that of `LeaderElection`, for the first shard that is unhealthy. */
  health(options?: HealthOptions): ElectionHealth;
  snapshot(): ShardedElectionSnapshot;
}

/** @throws {ConfigError} */
export function shardedElection(options: ShardedElectionOptions): ShardedElection {
  return new Sharded(shardedSettings(options));
}

class Sharded implements ShardedElection {
  readonly #settings: ElectionSettings;
  readonly #balancer: Balancer;
  readonly #shards: readonly Shard[];
  /** While it runs, what `run` resolves with. */
  #over: Promise<void> | undefined = undefined;

  constructor({ election, shards }: ShardedSettings) {
    this.#settings = election;
    this.#balancer = new Balancer(election);
    this.#shards = shards.map((name) => this.#shardOf(name));
  }

  #shardOf(name: string): Shard {
    const balancer = this.#balancer;
    const settings: ElectionSettings = {
      ...this.#settings,
      name: leaseOf(this.#settings.name, name),
      electorId: uniqueId(),
      get rank() {
        return balancer.rankOf(name);
      },
      asks: () => balancer.wants(name),
      yields: ({ handOffTo }) => balancer.givesWayTo(handOffTo),
    };
    const shard = new Shard(name, settings, () => balancer.changed());
    balancer.add(shard);
    return shard;
  }

  get name(): string {
    return this.#settings.name;
  }

  get identity(): string {
    return this.#settings.identity;
  }

  async run(work: ShardWork, options?: ShardedCampaignOptions): Promise<void> {
    return this.#begin(work, options);
  }

  start(work: ShardWork, options?: ShardedCampaignOptions): void {
    void this.#begin(work, options);
  }

  /** @throws {ConfigError} */
  #begin(work: ShardWork, options: ShardedCampaignOptions | undefined): Promise<void> {
    if (!aWork.accepts(work)) throw new ConfigError(this.name, 'work', work, aWork.allowed);
    const { signal, onFailure } = readOptions(this.name, options, campaignRules);
    const leave = takePartInAll(this.#shards);
    if (signal?.aborted === true) {
      leave();
      return Promise.resolve();
    }
    this.#over = this.#campaign(work, onFailure, signal).finally(() => {
      this.#over = undefined;
      leave();
    });
    return this.#over;
  }

  async #campaign(
    work: ShardWork,
    onFailure: ShardedCampaignOptions['onFailure'],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const onAbort = (): void => void this.stop();
    signal?.addEventListener('abort', onAbort);
    this.#balancer.start();
    try {
      await Promise.all(
        this.#shards.map((shard) =>
          shard.run({
            work: (term) => work(shard.name, term),
            onFailure: (error, term) => onFailure?.(error, shard.name, term),
          }),
        ),
      );
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async stop(): Promise<void> {
    if (this.#over === undefined) return;
    const heirs = this.#balancer.stop();
    for (const shard of this.#shards) shard.stop(heirs.get(shard.name));
    await this.#over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  shards(): string[] {
    return this.#shards.filter(({ isHeld }) => isHeld).map(({ name }) => name);
  }

  owners(): Map<string, Leader | undefined> {
    return new Map(this.#shards.map(({ name, leader }) => [name, leader]));
  }

  health(options?: HealthOptions): ElectionHealth {
    const { toleranceMs } = readOptions(this.name, options, healthRules);
    for (const { name, candidate, settings, workingSince } of this.#shards) {
      const { healthy, message } = healthOf(workingSince, settings, candidate.now(), toleranceMs);
      if (!healthy) return { healthy, message: `shard ${name}: ${message}` };
    }
    return { healthy: true, message: '' };
  }

  snapshot(): ShardedElectionSnapshot {
    return shardedSnapshotOf(this.#shards, this.#settings);
  }
}

/** All or none. @returns what takes it back. @throws {ConfigError} */
function takePartInAll(shards: readonly Shard[]): () => void {
  const leaves: (() => void)[] = [];
  const leaveAll = (): void => leaves.forEach((leave) => leave());
  try {
    for (const { settings } of shards) leaves.push(takePart(settings));
  } catch (error) {
    leaveAll();
    throw error;
  }
  return leaveAll;
}
