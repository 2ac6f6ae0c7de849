import type { KeyedTable, Pipeline, PipelineSnapshot } from '@holdfast/core';

export interface FetchSnapshot {
  readonly name: string;
  /** How many keys are kept. */
  readonly keys: number;
  /** Calls that have begun and whose response has not been handed over. */
  readonly inFlight: number;
  /** By key; the twenty used last. */
  readonly perKey: Readonly<Record<string, PipelineSnapshot>>;
}

const SHOWN = 20;

export function snapshotOfTable(name: string, table: KeyedTable<Pipeline>): FetchSnapshot {
  const all = table.entries().map(({ key, value }) => [key, value.snapshot()] as const);
  const inFlight = all.reduce((sum, [, snapshot]) => sum + snapshot.inFlight, 0);
  return { name, keys: all.length, inFlight, perKey: Object.fromEntries(all.slice(-SHOWN)) };
}
