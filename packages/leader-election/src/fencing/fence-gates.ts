import { count, readOptions, text } from '@holdfast/core/options';
import { fenceGate } from './fence-gate.ts';
import type { FenceGate, FenceGateSnapshot } from './fence-gate.ts';

export interface FenceGatesOptions {
  /** For errors and snapshots. @default 'fenceGates' */
  readonly name?: string;
  /** How many gates at most. @default 1_000: far above the elections of one service, and a bound where names come from requests */
  readonly max?: number;
}

/** A gate for each of several elections, such as one for each shard. */
export interface FenceGates {
  /** The gate of this name, made at first use. @throws {RangeError} if it would be one more than `max`. */
  of(name: string): FenceGate;
  snapshot(): readonly FenceGateSnapshot[];
}

const rules = { name: text('fenceGates'), max: count(1, 1_000) };

/**
 * Keeps a gate for each name. None is ever forgotten, since one made anew would let every old term in; so their number is bounded by
 * refusing new names, never by dropping old ones.
 * @throws {ConfigError}
 */
export function fenceGates(options: FenceGatesOptions = {}): FenceGates {
  const { name, max } = readOptions('fenceGates', options, rules);
  const gates = new Map<string, FenceGate>();
  return {
    of(election) {
      const known = gates.get(election);
      if (known !== undefined) return known;
      if (gates.size >= max)
        throw new RangeError(`${name}: ${max} elections have a gate already, and none is forgotten; raise max`);
      const gate = fenceGate({ name: election || '_none' });
      gates.set(election, gate);
      return gate;
    },
    snapshot: () => Array.from(gates.values(), (gate) => gate.snapshot()),
  };
}
