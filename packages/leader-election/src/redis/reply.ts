import type { Lease, LeaseRecord } from '../lease.ts';
import { parseJson, recordIn } from '../record-json.ts';

/** A released lease is kept so long: for whom it is meant is seen by all, and by people a while later; no name stays for ever. */
const RELEASED_KEPT_MS = 86_400_000;

/** A string in a reply, also of a client that is set to give bytes. */
export function textOf(reply: unknown): string {
  return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : String(reply);
}

/** @returns `undefined` if the text is no lease. */
export function leaseIn(text: string): Lease | undefined {
  const value = parseJson(text);
  const record = recordIn(value);
  const { revision } = (value ?? {}) as { revision?: unknown };
  if (record === undefined || typeof revision !== 'string' || !/^\d{1,16}$/.test(revision)) return undefined;
  return { ...record, revision: BigInt(revision) };
}

/** How long the server is to keep what is written, in whole ms; `''` for as long as before, where the holder claims no more time. */
export function timeToLive(seen: Lease | undefined, next: LeaseRecord): string {
  if (next.holder === '') return `${RELEASED_KEPT_MS}`;
  // A candidate's request to hand over: the same write of the holder, with a word added by another.
  if (next.termId === seen?.termId && next.renewal === seen.renewal) return '';
  return `${Math.max(1, Math.ceil(next.durationMs))}`;
}

/** What the time to live of a key says of the lease in it. */
export function heldFor({ holder }: LeaseRecord, pttl: number): Pick<Lease, 'remainingMs' | 'reservedBecause'> {
  if (holder === '') return { remainingMs: 0 };
  if (pttl === -1)
    return { reservedBecause: 'its key does not expire: somebody has made it permanent; delete the key to free it' };
  return { remainingMs: Math.max(0, pttl) };
}
