import type { Lease, LeaseRecord } from '../lease.ts';
import { recordIn } from '../record-json.ts';

interface Column {
  readonly field: keyof LeaseRecord;
  readonly column: string;
  readonly type: 'text' | 'bigint' | 'double precision';
}

/** How a record lies in the table, field by field. */
export const columns: readonly Column[] = [
  { field: 'holder', column: 'holder', type: 'text' },
  { field: 'termId', column: 'term_id', type: 'text' },
  { field: 'renewal', column: 'renewal', type: 'bigint' },
  { field: 'durationMs', column: 'duration_ms', type: 'double precision' },
  { field: 'transitions', column: 'transitions', type: 'bigint' },
  { field: 'acquiredAtMs', column: 'acquired_at_ms', type: 'double precision' },
  { field: 'renewedAtMs', column: 'renewed_at_ms', type: 'double precision' },
  { field: 'rank', column: 'rank', type: 'double precision' },
  { field: 'handOffTo', column: 'hand_off_to', type: 'text' },
];

/** For the parameters of a write: the name, then the record in the order of the columns. */
export function recordValues(name: string, next: LeaseRecord): unknown[] {
  return [name, ...columns.map(({ field }) => next[field])];
}

/** A lease as the statements tell it in JSON; `undefined` where it is not one. */
export function leaseOf(told: unknown): Lease | undefined {
  const record = recordIn(told);
  if (record === undefined) return undefined;
  const { revision, remainingMs } = told as Record<string, unknown>;
  if (typeof revision !== 'string' || !/^\d+$/.test(revision)) return undefined;
  const lease = { ...record, revision: BigInt(revision) };
  return typeof remainingMs === 'number' ? { ...lease, remainingMs } : lease;
}
