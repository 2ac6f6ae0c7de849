import { affinity } from './affinity.ts';
import type { Standing } from './standing.ts';

/** How many shards each member has, or will have; a member without any is known only to itself, or when it asks for one. */
export type Loads = Map<string, number>;

export interface Deal {
  /** For each vacant shard, the member that comes first. */
  readonly firsts: ReadonlyMap<string, string>;
  /** For each vacant shard, how many members come before this one, or how long it holds back for those it does not know. */
  readonly ranks: ReadonlyMap<string, number>;
  /** When each vacant shard is with the member that comes first. */
  readonly loads: Loads;
  /** Whether there may be members that are not known. */
  readonly isSparse: boolean;
}

/**
 * Deals the vacant shards out, each to the member with the fewest, and among equals to the one with the greatest affinity. Members that
 * see the same make the same deal.
 *
 * While no known member has more than one shard, as when all have just started, or if there are more members than shards, others
 * may be there that are not known because they have none. So a member takes one shard at once, and others a rank later.
 */
export function deal(standings: readonly Standing[], self: string): Deal {
  const loads = loadsOf(standings, self);
  const isSparse = Math.max(...loads.values()) <= 1;
  const hasOne = loads.get(self)! > 0;
  const ranks = new Map<string, number>();
  const firsts = new Map<string, string>();
  for (const { shard, left } of standings.filter(({ vacant }) => vacant)) {
    const before = (a: string, b: string): boolean => comesBefore(a, b, shard, left, loads);
    const members = [...loads.keys()];
    const first = members.reduce((best, member) => (before(member, best) ? member : best));
    const rank = members.filter((member) => before(member, self)).length;
    // The others give the first the time it may hold back itself.
    ranks.set(shard, rank > 0 || isSparse ? rank + 1 : 0);
    firsts.set(shard, first);
    add(loads, first, 1);
  }
  const own = [...firsts.keys()].filter((shard) => firsts.get(shard) === self);
  const favourite = hasOne ? undefined : byAffinity(own, self)[0];
  if (favourite !== undefined) ranks.set(favourite, 0);
  return { firsts, ranks, loads, isSparse };
}

/**
 * To whom a member that leaves hands each of its shards, so that the others need not find out who takes what. To nobody by name where
 * there may be members without a shard: it is their turn.
 */
export function heirs(standings: readonly Standing[], self: string): ReadonlyMap<string, string> {
  const left = standings.map((one) => (one.owner === self ? { ...one, owner: '', vacant: true, left: self } : one));
  const { firsts, isSparse } = deal(left, self);
  return isSparse ? new Map() : firsts;
}

/**
 * Which shards to ask others for, so that no two members are more than one apart: only where that takes fewer from those with more, as
 * many as this member lacks to its fair share, and at least one.
 */
export function wanted(standings: readonly Standing[], self: string): string[] {
  const { loads } = deal(standings, self);
  const fair = Math.floor(standings.length / loads.size);
  const most = Math.max(1, fair - loads.get(self)!);
  const owners = new Map(standings.filter(({ askable }) => askable).map(({ shard, owner }) => [shard, owner]));
  let askable = byAffinity([...owners.keys()], self);
  const asked: string[] = [];
  while (asked.length < most && askable.length > 0) {
    const loadOf = (shard: string): number => loads.get(owners.get(shard)!)!;
    const best = askable.reduce((found, shard) => (loadOf(shard) > loadOf(found) ? shard : found));
    if (loadOf(best) < loads.get(self)! + 2) break;
    add(loads, owners.get(best)!, -1);
    add(loads, self, 1);
    asked.push(best);
    askable = askable.filter((shard) => shard !== best);
  }
  return asked;
}

/** Whether giving one shard to the member that asks brings the two closer together. */
export function givesWay(standings: readonly Standing[], self: string, asker: string): boolean {
  const { loads } = deal(standings, self);
  return loads.get(self)! >= (loads.get(asker) ?? 0) + 2;
}

function loadsOf(standings: readonly Standing[], self: string): Loads {
  const loads: Loads = new Map([[self, 0]]);
  for (const { owner } of standings) if (owner !== '') add(loads, owner, 1);
  return loads;
}

function add(loads: Loads, member: string, shards: number): void {
  loads.set(member, (loads.get(member) ?? 0) + shards);
}

/** @param left comes last: it had the shard, and does not take it again so soon. */
function comesBefore(a: string, b: string, shard: string, left: string, loads: Loads): boolean {
  if (a === b) return false;
  if (a === left || b === left) return b === left;
  const difference = loads.get(a)! - loads.get(b)!;
  if (difference !== 0) return difference < 0;
  const [forA, forB] = [affinity(shard, a), affinity(shard, b)];
  return forA === forB ? a < b : forA > forB;
}

/** Members that look for shards at the same time begin with different ones. */
function byAffinity(shards: readonly string[], self: string): string[] {
  const scores = new Map(shards.map((shard) => [shard, affinity(shard, self)]));
  return shards.toSorted((a, b) => scores.get(b)! - scores.get(a)!);
}
