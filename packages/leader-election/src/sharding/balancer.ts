import { Alarm } from '@holdfast/core';
import type { ElectionSettings } from '../election-options.ts';
import { deal, givesWay, heirs, wanted } from './balance.ts';
import type { Shard } from './shard.ts';
import { standingOf } from './standing.ts';
import type { Standing } from './standing.ts';

/**
 * Keeps one member's share of the shards even. It leads nothing and takes nothing: it says how long each elector is to wait for a
 * vacant shard, which shards to ask others for, and whether to give one away. A mistake of it costs time, or a move that was not
 * needed, and never two leaders.
 *
 * There is no list of members: they are known by the shards they have and by those they ask for.
 */
export class Balancer {
  readonly #settings: ElectionSettings;
  readonly #shards: Shard[] = [];
  readonly #alarm: Alarm = new Alarm(() => this.#review());
  #startedAtMs = 0;
  #running = false;
  #ranks: ReadonlyMap<string, number> = new Map();
  #wanted: ReadonlySet<string> = new Set();

  constructor(settings: ElectionSettings) {
    this.#settings = settings;
  }

  add(shard: Shard): void {
    this.#shards.push(shard);
  }

  start(): void {
    this.#startedAtMs = this.#settings.clock.now();
    this.#running = true;
    this.#arm();
  }

  /** @returns to whom each shard is to go. */
  stop(): ReadonlyMap<string, string> {
    this.#running = false;
    this.#settings.clock.disarm(this.#alarm);
    this.#wanted = new Set();
    this.#ranks = new Map();
    return heirs(this.#standings(), this.#settings.identity);
  }

  /** Another member has a shard: all is looked at again, once for all that changed in this turn. */
  changed(): void {
    if (this.#running) this.#settings.clock.arm(this.#alarm, 0);
  }

  /** One that has only just become vacant waits for the review that follows. */
  rankOf(shard: string): number {
    return this.#ranks.get(shard) ?? 1;
  }

  wants(shard: string): boolean {
    return this.#wanted.has(shard);
  }

  givesWayTo(asker: string): boolean {
    return this.#running && givesWay(this.#standings(), this.#settings.identity, asker);
  }

  #review(): void {
    const standings = this.#standings();
    const before = this.#ranks;
    this.#ranks = deal(standings, this.#settings.identity).ranks;
    this.#wanted = new Set(this.#mayAsk(standings) ? wanted(standings, this.#settings.identity) : []);
    this.#shards.forEach(({ name, candidate }, index) => {
      // It asks on a read; and having asked it looks whether it was heard, for the shard is not left to it for long.
      if (this.#wanted.has(name) || standings[index]!.asked) candidate.tell({ type: 'hinted' });
      else if (this.#ranks.get(name) !== before.get(name)) candidate.tell({ type: 'wake' });
    });
    if (this.#running) this.#arm();
  }

  /** Not every change is told: a request that is declined, and a holder that falls silent, are not. */
  #arm(): void {
    this.#settings.clock.arm(this.#alarm, this.#settings.retryPeriodMs / 2);
  }

  /** Who has not read all the shards does not know who has most; but one that cannot be read must not keep the rest uneven. */
  #mayAsk(standings: readonly Standing[]): boolean {
    const { clock, retryPeriodMs } = this.#settings;
    return standings.every(({ known }) => known) || clock.now() - this.#startedAtMs >= retryPeriodMs;
  }

  #standings(): Standing[] {
    const nowMs = this.#settings.clock.now();
    return this.#shards.map(({ name, candidate, lastHolder }) =>
      standingOf(name, candidate.elector.state, lastHolder, nowMs, this.#settings),
    );
  }
}
