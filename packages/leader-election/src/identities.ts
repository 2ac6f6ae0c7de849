import { ConfigError } from '@holdfast/core';
import type { ElectionSettings } from './election-options.ts';
import type { LeaseStore } from './store.ts';

/** The candidates of this process that take part now, by store and election. */
const candidates = new WeakMap<LeaseStore, Map<string, Set<string>>>();

/**
 * Notes that a candidate takes part. Two of one name in one process are a mistake: each would take the other's logs and metrics for
 * its own.
 * @returns what takes the note back.
 * @throws {ConfigError}
 */
export function takePart({ store, name, identity }: ElectionSettings): () => void {
  const elections = candidates.get(store) ?? new Map<string, Set<string>>();
  candidates.set(store, elections);
  const identities = elections.get(name) ?? new Set<string>();
  if (identities.has(identity)) {
    throw new ConfigError(
      name,
      'identity',
      identity,
      'another for each candidate of this process, and only one run of each at a time',
    );
  }
  elections.set(name, identities.add(identity));
  return () => {
    identities.delete(identity);
    if (identities.size === 0) elections.delete(name);
  };
}
