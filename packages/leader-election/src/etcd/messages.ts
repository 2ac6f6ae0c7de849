import type { Lease } from '../lease.ts';
import { parseJson, recordIn } from '../record-json.ts';
import type { LeaseChange } from '../store.ts';
import { fromBase64 } from '../base64.ts';

/** A key with its value, as the gateway writes it: int64s as strings, zeros and empty values left out. */
export interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
}

interface Header {
  readonly header: { readonly revision: string };
}

/** Whether this is an answer of etcd: each bears the revision. A proxy may say `{}`, and that would count as a write that was refused. */
export function hasRevision(body: unknown): boolean {
  const revision = (body as Partial<Header> | null | undefined)?.header?.revision;
  return typeof revision === 'string' && /^\d+$/.test(revision);
}

export interface RangeAnswer extends Header {
  readonly kvs?: readonly KeyValue[];
}

export interface TxnAnswer extends Header {
  readonly succeeded?: boolean;
}

export interface WatchAnswer {
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: string;
  readonly cancel_reason?: string;
  readonly events?: readonly { readonly type?: 'PUT' | 'DELETE'; readonly kv: KeyValue }[];
}

export const textOf = ({ value }: KeyValue): string => (value === undefined ? '' : fromBase64(value));

/** @returns `undefined` if the value is no lease. */
export function leaseIn(kv: KeyValue): Lease | undefined {
  const record = recordIn(parseJson(textOf(kv)));
  return record === undefined ? undefined : { ...record, revision: BigInt(kv.mod_revision) };
}

export function changesIn({ events = [] }: WatchAnswer): readonly LeaseChange[] {
  if (events.length === 0) return [{ type: 'alive' }];
  return events.map(({ type, kv }) => {
    if (type === 'DELETE') return { type: 'deleted', revision: BigInt(kv.mod_revision) };
    const lease = leaseIn(kv);
    return lease === undefined ? { type: 'hint' } : { type: 'written', lease };
  });
}
