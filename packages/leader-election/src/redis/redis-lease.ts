import type { Lease, LeaseRecord } from '../lease.ts';
import { recordOf } from '../elector/record.ts';
import { LeaseStoreError } from '../store.ts';
import type { LeaseStore } from '../store.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { Channels } from './channels.ts';
import { scriptRunner } from './clients.ts';
import { storeError } from './faults.ts';
import { readRedisOptions } from './options.ts';
import type { RedisLeaseOptions } from './options.ts';
import { heldFor, leaseIn, textOf, timeToLive } from './reply.ts';
import { READ, WRITE } from './scripts.ts';
import { followLease } from './watch.ts';

/**
 * Keeps leases in Redis 6 or newer, or Valkey, through a client of ioredis or node-redis: the last choice where another store is at
 * hand. It finds a leader for work that may now and then be done twice, or whose effects are fenced.
 *
 * **What Redis cannot promise.** A primary answers a write before its replicas have it. When one of them takes over it may have
 * neither the lease nor its revision, and a second leader is elected while the first still leads. A lease also ends by the wall clock
 * of the server, which may be set; and a server whose memory is full may evict keys (`maxmemory-policy noeviction` forbids it). So Redis
 * by itself protects nothing: check the fencing token where the work takes effect.
 *
 * **What narrows it.** Revisions, and so tokens, are the server's time in microseconds, or one more than the last where that is greater.
 * They grow also when all data are lost, as long as the clock of the server that takes over is not behind that of the one before by more
 * than the time since the last write. `min-replicas-to-write` has a primary that lost its replicas refuse writes. There is no option for
 * WAIT: it counts what its own connection wrote, so behind a pool, a cluster client or a reconnection it would confirm nothing at all,
 * it holds up every other command of the connection, and a replica that missed the write may still take over.
 *
 * **Why there is no Redlock.** A majority of independent servers, each by its own clock, gives no growing number to fence with, and rests on
 * bounded pauses and clocks all the same (Kleppmann, How to do distributed locking, 2016). Who can run five servers for a lock can run three of etcd.
 *
 * A lease is a JSON string that the server deletes when the holder's time is over; a released one is kept for a day. The revision is
 * a key of its own and stays. The server decides by its own clock whether another elector may have the lease.
 * Every write is published on the channel `<key of the lease>:changes`. Deletions by hand and expiry are not: whoever deletes a lease
 * may publish any other message there, which has followers look. Channels know no database numbers: use a prefix for each database.
 *
 * @throws {ConfigError} for options that cannot work. Nothing is asked of the server before the first request.
 */
export function redisLease(options: RedisLeaseOptions): LeaseStore {
  const { client, subscriber, prefix } = readRedisOptions(options);
  const runScript = scriptRunner(client);
  /** What the client itself puts before every key; channels go without. */
  let clientPrefix: string | undefined;

  async function run(script: string, name: string, values: readonly string[], signal: AbortSignal): Promise<readonly unknown[]> {
    const key = keyOf(name);
    const writes = script === WRITE;
    const tried = `redis: ${writes ? 'write' : 'read'} of ${key}`;
    if (signal.aborted) throw givenUp(`${tried}: given up before it was sent`, false, signal);
    try {
      return (await unlessAborted(runScript(script, [key, `${key}:revision`], values), signal)) as readonly unknown[];
    } catch (error) {
      if (signal.aborted) throw givenUp(`${tried}: given up waiting for an answer`, writes, signal);
      throw storeError(tried, error, writes);
    }
  }

  async function read(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    const [key, found, pttl] = await run(READ, name, [], signal);
    clientPrefix = textOf(key).slice(0, -keyOf(name).length);
    if (found === null) return undefined;
    const lease = leaseIn(textOf(found));
    if (lease === undefined) throw unreadable(key, found);
    return { ...lease, ...heldFor(lease, Number(pttl)) };
  }

  async function write(
    name: string,
    seen: Lease | undefined,
    next: LeaseRecord,
    signal: AbortSignal,
  ): Promise<Lease | undefined> {
    const record = recordOf(next);
    const begins = next.termId !== '' && next.termId !== seen?.termId;
    const seenRevision = seen === undefined ? '' : `${seen.revision}`;
    const values = [seenRevision, JSON.stringify(record), begins ? electorOf(next.termId) : '', timeToLive(seen, next)];
    const [outcome, ...said] = await run(WRITE, name, values, signal);
    if (textOf(outcome) === 'unreadable') throw unreadable(said[0], said[1]);
    if (textOf(outcome) === 'refused') return undefined;
    return { ...record, revision: BigInt(textOf(said[0])), ...heldFor(record, Number(said[1])) };
  }

  async function channelOf(name: string, signal: AbortSignal): Promise<string> {
    if (clientPrefix === undefined) await read(name, signal);
    return `${clientPrefix}${keyOf(name)}:changes`;
  }

  function keyOf(name: string): string {
    return `${prefix}{${name}}`;
  }

  if (subscriber === undefined) return { kind: 'redis', read, write };
  const channels = new Channels(subscriber);
  return {
    kind: 'redis',
    read,
    write,
    async watch(name, seen, onChange, signal) {
      try {
        const channel = await channelOf(name, signal);
        await followLease({ channels, channel, seen, onChange, signal, read: () => read(name, signal) });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** `a.b` of the term `a.b.3`. */
function electorOf(termId: string): string {
  const end = termId.lastIndexOf('.');
  return end < 0 ? termId : termId.slice(0, end);
}

function givenUp(message: string, mayBeWritten: boolean, signal: AbortSignal): LeaseStoreError {
  return new LeaseStoreError(message, { fault: 'unreachable', mayBeWritten, cause: signal.reason });
}

function unreadable(key: unknown, found: unknown): LeaseStoreError {
  const excerpt = JSON.stringify(textOf(found).slice(0, 80));
  const message = `redis: the key ${textOf(key)} holds nothing of ours but ${excerpt}; delete it, or use another prefix`;
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false });
}
