import type { LeaseRecord } from '../lease.ts';
import { recordOf } from '../elector/record.ts';
import { parseJson, recordIn } from '../record-json.ts';

/** What was written into a lease at one position of its history. */
export interface Entry {
  readonly revision: bigint;
  /** `undefined`: the lease was deleted. */
  readonly record: LeaseRecord | undefined;
}

export function entryText({ revision, record }: Entry): string {
  return `${JSON.stringify({ revision: String(revision), record: record === undefined ? null : recordOf(record) })}\n`;
}

/** @returns `undefined` if it is something else. */
export function entryIn(text: string): Entry | undefined {
  const found = parseJson(text) as { readonly revision?: unknown; readonly record?: unknown } | null | undefined;
  const { revision, record } = found ?? {};
  if (typeof revision !== 'string' || !/^\d{1,20}$/.test(revision)) return undefined;
  if (record === null) return { revision: BigInt(revision), record: undefined };
  const known = recordIn(record);
  return known && { revision: BigInt(revision), record: known };
}
