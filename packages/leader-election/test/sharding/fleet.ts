import type { Timer } from '@holdfast/core';
import { seededRandom, VirtualClock } from '@holdfast/core/testing';
import { memoryLease } from '../../src/memory/memory-lease.ts';
import type { MemoryLease } from '../../src/memory/memory-lease.ts';
import { shardedElection } from '../../src/sharding/sharded-election.ts';
import type { ShardedElection } from '../../src/sharding/sharded-election.ts';
import type { ShardedElectionOptions } from '../../src/sharding/sharding-options.ts';
import type { Term } from '../../src/term.ts';
import { Link } from './link.ts';
import type { LinkTroubles } from './link.ts';

export const LEASE_MS = 15_000;
export const RETRY_MS = 2_000;
/** Within this, by Lv7, the balance is reached. */
export const BALANCE_MS = LEASE_MS + 3 * RETRY_MS;

/** Its timers ring at whole milliseconds, so that all times of a run are whole and no sum of two is rounded. */
class MillisecondClock extends VirtualClock {
  override arm(timer: Timer, delayMs: number): void {
    super.arm(timer, Math.ceil(delayMs));
  }
}

/** A term's work as it is seen from outside. */
export interface Stint {
  readonly member: string;
  readonly shard: string;
  readonly term: Term;
  endedAtMs: number | undefined;
}

interface Member {
  readonly election: ShardedElection;
  readonly link: Link;
}

export interface FleetOptions extends Partial<LinkTroubles> {
  readonly shards: number | readonly string[];
  readonly seed?: number;
  /** How long work takes to end after its signal has aborted. @default 0 */
  readonly windDownMs?: number;
}

/** Members that share shards over one store and one virtual clock, and a book of who did what when. */
export class Fleet {
  readonly clock: VirtualClock = new MillisecondClock();
  readonly store: MemoryLease = memoryLease();
  readonly members = new Map<string, Member>();
  readonly stints: Stint[] = [];
  /** What must never happen, and did. */
  readonly faults: string[] = [];
  readonly #options: FleetOptions;
  readonly #random: () => number;
  #joined = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
  }

  join(identity: string = `m${this.#joined}`, options: Partial<ShardedElectionOptions> = {}): ShardedElection {
    const { delayMs = 0, lossRatio = 0, watches = true, shards } = this.#options;
    const link = new Link(this.store, this.clock, this.#random, { delayMs, lossRatio, watches });
    const election = shardedElection({
      name: 'jobs',
      identity,
      shards,
      store: link.store,
      clock: this.clock,
      wallClock: () => this.clock.now(),
      random: seededRandom(`${this.#options.seed ?? 1} ${this.#joined++}`),
      ...options,
    });
    this.members.set(identity, { election, link });
    election.start((shard, term) => this.#work(identity, shard, term));
    return election;
  }

  /** @returns how long it took to stop. */
  async leave(identity: string): Promise<number> {
    const { election } = this.members.get(identity)!;
    this.members.delete(identity);
    const beganMs = this.clock.now();
    await election.stop();
    return this.clock.now() - beganMs;
  }

  /** Seen by all others its process is gone; what it does until it notices is still in the book. */
  crash(identity: string): void {
    this.cut(identity);
    this.members.delete(identity);
  }

  cut(identity: string): void {
    this.members.get(identity)!.link.up = false;
  }

  mend(identity: string): void {
    const member = this.members.get(identity);
    if (member !== undefined) member.link.up = true;
  }

  /** All that hindered anybody is over. */
  heal(): void {
    for (const { link } of this.members.values()) link.heal();
  }

  /** How many shards each member has. */
  loads(): Record<string, number> {
    return Object.fromEntries([...this.members].map(([identity, { election }]) => [identity, election.shards().length]));
  }

  /** By how many shards the member with most differs from the one with fewest; `Infinity` while a shard is led by nobody. */
  imbalance(): number {
    const loads = Object.values(this.loads());
    const { shards } = this.#options;
    const led = loads.reduce((sum, load) => sum + load, 0);
    if (led !== (typeof shards === 'number' ? shards : shards.length)) return Number.POSITIVE_INFINITY;
    return Math.max(...loads) - Math.min(...loads);
  }

  /** How many terms have begun so far. */
  get moves(): number {
    return this.stints.length;
  }

  /** Advances until the shards are even, and says how long that took. */
  async untilEven(limitMs: number): Promise<number> {
    const beganMs = this.clock.now();
    while (this.imbalance() > 1 && this.clock.now() - beganMs < limitMs) await this.clock.advance(20);
    return this.imbalance() > 1 ? Number.POSITIVE_INFINITY : this.clock.now() - beganMs;
  }

  async stopAll(): Promise<void> {
    const stopped = Promise.all([...this.members.values()].map(({ election }) => election.stop()));
    await this.clock.advance(60_000);
    await stopped;
  }

  async #work(member: string, shard: string, term: Term): Promise<void> {
    this.#check(member, shard, term);
    const stint: Stint = { member, shard, term, endedAtMs: undefined };
    this.stints.push(stint);
    await new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true }));
    await this.clock.sleep(this.#options.windDownMs ?? 0);
    stint.endedAtMs = this.clock.now();
  }

  /** When a term begins, no other of its shard is trusted, and it has the greatest token. */
  #check(member: string, shard: string, term: Term): void {
    for (const other of this.stints) {
      if (other.shard !== shard) continue;
      const of = `shard ${shard}: ${member} at ${this.clock.now()}`;
      if (other.term.remainingMs() > 0) this.faults.push(`${of} leads while ${other.member} does`);
      if (other.member === member && other.endedAtMs === undefined) this.faults.push(`${of} works while it still does`);
      if (other.term.token >= term.token) this.faults.push(`${of} has token ${term.token} after ${other.term.token}`);
    }
  }
}
