import type { ElectionSettings } from '../election-options.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ElectionSnapshot } from '../snapshot.ts';
import type { Shard } from './shard.ts';

export interface ShardSnapshot extends Pick<
  ElectionSnapshot,
  'role' | 'token' | 'remainingMs' | 'leader' | 'watching' | 'claims'
> {
  readonly shard: string;
}

/** The state of a sharded election as one member sees it: plain JSON. */
export interface ShardedElectionSnapshot {
  readonly election: string;
  readonly kind: 'shardedElection';
  readonly store: string;
  readonly identity: string;
  /** How many shards each member has that has any. */
  readonly members: Readonly<Record<string, number>>;
  readonly shards: readonly ShardSnapshot[];
}

export function shardedSnapshotOf(
  shards: readonly Shard[],
  { name, store, identity }: ElectionSettings,
): ShardedElectionSnapshot {
  const members: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const { leader } of shards) if (leader !== undefined) members[leader.identity] = (members[leader.identity] ?? 0) + 1;
  return {
    election: name,
    kind: 'shardedElection',
    store: store.kind,
    identity,
    members: { ...members },
    shards: shards.map(shardSnapshotOf),
  };
}

function shardSnapshotOf({ name, candidate, settings }: Shard): ShardSnapshot {
  const { role, token, remainingMs, leader, watching, claims } = snapshotOf(candidate, settings);
  return { shard: name, role, token, remainingMs, leader, watching, claims };
}
