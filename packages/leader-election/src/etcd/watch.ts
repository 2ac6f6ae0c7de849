import type { LeaseChange } from '../store.ts';
import { toBase64 } from '../base64.ts';
import { EtcdRefusal } from './faults.ts';
import type { EtcdGateway } from './gateway.ts';
import { changesIn } from './messages.ts';
import type { WatchAnswer } from './messages.ts';

/**
 * Tells of every change of a key from a revision on, until the signal aborts or the stream ends.
 * @returns also when the revision has been compacted: the caller reads, and begins again. @throws {LeaseStoreError}
 */
export function followKey(
  gateway: EtcdGateway,
  key: string,
  fromRevision: bigint,
  onChange: (change: LeaseChange) => void,
  signal: AbortSignal,
): Promise<void> {
  const create = { key: toBase64(key), start_revision: `${fromRevision}`, progress_notify: true };
  const onMessage = (message: unknown): boolean => {
    const answer = message as WatchAnswer;
    if (answer.canceled === true) return cancelled(key, answer);
    for (const change of changesIn(answer)) {
      if (signal.aborted) return false;
      onChange(change);
    }
    return true;
  };
  return gateway.stream({ path: '/v3/watch', body: { create_request: create }, signal, writes: false }, onMessage);
}

/** The server ends the watch: because what it should begin with is gone, or because it refuses it. */
function cancelled(key: string, { compact_revision, cancel_reason }: WatchAnswer): false {
  if (compact_revision !== undefined) return false;
  const message = cancel_reason ?? 'the watch was cancelled, no reason given';
  throw new EtcdRefusal(`etcd: watch of ${key}`, { code: undefined, message, status: 503 }, false);
}
