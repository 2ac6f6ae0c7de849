import { parseJson } from '../record-json.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseChange } from '../store.ts';
import { statusIn } from './answer.ts';
import { checkedLease, isObject, revisionOf } from './lease-object.ts';
import { leaseOf } from './lease-reading.ts';
import type { Asked } from './refusal.ts';

/** What a line of a watch comes to. */
export type WatchEvent =
  | { readonly type: 'change'; readonly change: LeaseChange }
  /** Of another lease, or of a kind nobody here knows. */
  | { readonly type: 'nothing' }
  /** The history from where the watch was to begin is gone, or the server ends the watch for another such reason. */
  | { readonly type: 'expired' };

const NOTHING: WatchEvent = { type: 'nothing' };

/** @throws {LeaseStoreError} if the server ends the watch with an error, or the line cannot be read. */
export function eventIn(line: string, name: string, asked: Asked): WatchEvent {
  const event = parseJson(line);
  if (!isObject(event) || typeof event['type'] !== 'string') throw unreadable(asked, line);
  const { type, object } = event;
  switch (type) {
    case 'BOOKMARK':
      return { type: 'change', change: { type: 'alive' } };
    case 'ERROR':
      return errorIn(object, asked, line);
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return changeIn(type, object, name);
    default:
      return NOTHING;
  }
}

function changeIn(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown, name: string): WatchEvent {
  const lease = checkedLease(object, false);
  if (lease.metadata.name !== name) return NOTHING;
  if (type === 'DELETED') return { type: 'change', change: { type: 'deleted', revision: revisionOf(lease, false) } };
  return { type: 'change', change: { type: 'written', lease: leaseOf(lease, false) } };
}

function errorIn(object: unknown, asked: Asked, line: string): WatchEvent {
  const status = statusIn(object);
  const code = isObject(object) ? object['code'] : undefined;
  if (code === 410) return { type: 'expired' };
  const said = status === undefined ? line.slice(0, 200) : `${status.reason}: ${status.message}`;
  throw new LeaseStoreError(`kubernetesLease: could not ${asked.what} any longer: ${String(code)} ${said}`, {
    fault: code === 429 ? 'throttled' : 'unreachable',
    mayBeWritten: false,
    retryAfterMs: status?.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * 1000,
  });
}

export function unreadable(asked: Asked, found: string): LeaseStoreError {
  const message = `kubernetesLease: could not ${asked.what} any longer: expected one watch event as JSON in each line, found ${JSON.stringify(found.slice(0, 200))}`;
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}
