import type { Lease, LeaseRecord } from '../lease.ts';
import { recordOf } from '../elector/record.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseChange, LeaseStore } from '../store.ts';
import { toBase64 } from '../base64.ts';
import { compareRevision, leaseKey, tokenKey } from './fence.ts';
import { EtcdGateway } from './gateway.ts';
import { leaseIn, textOf } from './messages.ts';
import type { RangeAnswer, TxnAnswer } from './messages.ts';
import { readEtcdOptions } from './options.ts';
import type { EtcdLeaseOptions } from './options.ts';
import { followKey } from './watch.ts';

/** A store that can watch. */
export type EtcdLeaseStore = LeaseStore & Required<Pick<LeaseStore, 'watch'>>;

/**
 * Keeps leases in etcd, 3.4 or newer, through the JSON gateway of its v3 API: no client library, no gRPC.
 *
 * A lease is a plain key, written by a transaction that compares its mod_revision; there is no etcd lease behind it and no TTL.
 * Electors judge expiry by their own clocks since they saw the key unchanged, as with Kubernetes. So a renewal is one request,
 * an expiry is as exact as the electors' clocks, and it does not depend on etcd, which extends its own leases when its leader changes.
 *
 * Revisions, and so fencing tokens, are etcd's own: one counter for the whole cluster, made durable by a majority before a write is
 * answered. They grow over deletion, re-creation, restarts and the loss of a minority of members. They do not over a restored
 * snapshot: have the restore bump the revision (`etcdutl snapshot restore --bump-revision … --mark-compacted`), or tokens are given
 * out a second time.
 *
 * An acquisition writes a second key in the same transaction, whose mod_revision is the term's token: see {@link etcdFence} for
 * fencing your own writes to the same etcd with it. Reads are linearizable.
 *
 * A request goes to the endpoint that answered last; one that fails is not repeated, and the next goes to the next endpoint. So does
 * the next after one that was given up, if the endpoint has said nothing to anybody since that was sent.
 * @throws {ConfigError} for options that cannot work. Nothing is connected to before the first request.
 */
export function etcdLease(options: EtcdLeaseOptions): EtcdLeaseStore {
  const settings = readEtcdOptions(options);
  const gateway = new EtcdGateway(settings);
  const { prefix } = settings;

  async function range(name: string, signal: AbortSignal): Promise<Ranged> {
    const key = leaseKey(prefix, name);
    const body = { key: toBase64(key) };
    const answer = (await gateway.call({ path: '/v3/kv/range', body, signal, writes: false })) as RangeAnswer;
    const kv = answer.kvs?.[0];
    const lease = kv === undefined ? undefined : leaseIn(kv);
    if (kv !== undefined && lease === undefined) throw unreadable(key, textOf(kv));
    return { lease, revision: BigInt(answer.header.revision) };
  }

  async function write(
    name: string,
    seen: Lease | undefined,
    next: LeaseRecord,
    signal: AbortSignal,
  ): Promise<Lease | undefined> {
    const key = leaseKey(prefix, name);
    const record = recordOf(next);
    const begins = next.termId !== '' && next.termId !== seen?.termId;
    const success = [
      put(key, JSON.stringify(record)),
      ...(begins ? [put(tokenKey(prefix, name), next.termId)] : []), // the same revision as the lease: they are one transaction
    ];
    const body = { compare: [compareRevision(key, seen?.revision ?? 0n)], success };
    const answer = (await gateway.call({ path: '/v3/kv/txn', body, signal, writes: true })) as TxnAnswer;
    return answer.succeeded === true ? { ...record, revision: BigInt(answer.header.revision) } : undefined;
  }

  async function watch(
    name: string,
    seen: Lease | undefined,
    onChange: (change: LeaseChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      // What it is now, and from when on to watch. The read also renews a token that has run out: a watch would not tell (3.4).
      const now = await range(name, signal);
      if (signal.aborted) return;
      const onFollowed = begunWith(changeSince(seen, now), onChange, signal);
      await followKey(gateway, leaseKey(prefix, name), now.revision + 1n, onFollowed, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  return { kind: 'etcd', read: async (name, signal) => (await range(name, signal)).lease, write, watch };
}

/** A lease, and the revision of the cluster in which it was so. */
interface Ranged {
  readonly lease: Lease | undefined;
  readonly revision: bigint;
}

function changeSince(seen: Lease | undefined, { lease, revision }: Ranged): LeaseChange | undefined {
  if (lease === undefined) return seen === undefined ? undefined : { type: 'deleted', revision };
  return lease.revision === seen?.revision ? undefined : { type: 'written', lease };
}

/** Tells of what was read with the first word of the stream: it says that the stream stands. */
function begunWith(
  first: LeaseChange | undefined,
  onChange: (change: LeaseChange) => void,
  signal: AbortSignal,
): (change: LeaseChange) => void {
  let untold = first;
  return (change) => {
    if (untold !== undefined) onChange(untold);
    untold = undefined;
    if (!signal.aborted) onChange(change);
  };
}

function put(key: string, value: string): object {
  return { request_put: { key: toBase64(key), value: toBase64(value) } };
}

function unreadable(key: string, found: string): LeaseStoreError {
  const message = `etcd: the key ${key} holds no lease but ${JSON.stringify(found.slice(0, 80))}; delete it, or use another prefix`;
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}
