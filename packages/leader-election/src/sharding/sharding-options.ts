import { ConfigError } from '@holdfast/core';
import { electionSettings } from '../election-options.ts';
import type { ElectionSettings, LeaderElectionOptions } from '../election-options.ts';

export interface ShardedElectionOptions extends Omit<LeaderElectionOptions, 'rank'> {
  /**
   * Name of the whole: each shard's lease is called `<name>.<shard>`. A DNS subdomain; 253 characters at most, the shard's name included.
   */
  name: string;
  /**
   * The shards: a number, for `'0'`, `'1'` and so on, or their names, which are DNS labels (lower-case letters, digits and `-`, at most
   * 63 characters), so that no two elections' shards can be called the same. At most 1 000. All members must be given the same.
   */
  shards: number | readonly string[];
  /**
   * Name of this member. Others know it by this name and count its shards under it, so it must differ between all members that live
   * at the same time; two of one name still lead no shard together, but share unevenly. @default the host's name, `_`, and a UUID
   */
  identity?: string;
}

/** Each costs a renewal in every retry period and a watch for every member: more wants another design. */
const MOST_SHARDS = 1_000;
const LONGEST_NAME = 253;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const kind = 'shardedElection';

export interface ShardedSettings {
  /** Of the whole; each shard has a copy with its own lease's name, and more. */
  readonly election: ElectionSettings;
  readonly shards: readonly string[];
}

/** @throws {ConfigError} */
export function shardedSettings(options: ShardedElectionOptions): ShardedSettings {
  const { shards, ...others } = (options ?? {}) as Partial<ShardedElectionOptions>;
  const { rank } = others as { rank?: unknown };
  if (rank !== undefined) throw new ConfigError(kind, 'rank', rank, 'left out: members of a sharded election share evenly');
  const election = electionSettings(others as LeaderElectionOptions);
  return { election, shards: shardNames(election.name, shards) };
}

/** Shards are labels and have no dot, so the last one divides the name: no other sharded election has a lease of this name. */
export function leaseOf(name: string, shard: string): string {
  return `${name}.${shard}`;
}

/** @throws {ConfigError} */
function shardNames(name: string, shards: unknown): readonly string[] {
  const names = typeof shards === 'number' ? numbered(shards) : shards;
  if (!Array.isArray(names) || names.length === 0 || names.length > MOST_SHARDS) {
    throw new ConfigError(name, 'shards', shards, `a whole number from 1 to ${MOST_SHARDS}, or a list of so many names`);
  }
  const seen = new Set<string>();
  for (const shard of names as unknown[]) {
    if (typeof shard !== 'string' || !LABEL.test(shard)) {
      throw new ConfigError(name, 'shards', shard, 'names of lower-case letters, digits and "-", 63 characters at most');
    }
    if (seen.has(shard)) throw new ConfigError(name, 'shards', shard, 'different names');
    if (leaseOf(name, shard).length > LONGEST_NAME) {
      throw new ConfigError(name, 'shards', shard, `short enough for a lease "${name}.<shard>" of ${LONGEST_NAME} characters`);
    }
    seen.add(shard);
  }
  return [...seen];
}

function numbered(shards: number): string[] | undefined {
  if (!Number.isInteger(shards) || shards < 1 || shards > MOST_SHARDS) return undefined;
  return Array.from({ length: shards }, (_, index) => String(index));
}
