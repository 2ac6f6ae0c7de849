import { expect, test } from 'vitest';
import { recordOf } from '../../src/elector/record.ts';
import type { LeaseChange, LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, released, renewed } from '../contract/environment.ts';
import { startCluster, until } from './environment.ts';
import type { Cluster } from './environment.ts';

const name = 'billing';

interface Watching {
  readonly changes: LeaseChange[];
  /** Resolves with what ended it: nothing, or an error. */
  readonly ended: Promise<unknown>;
  readonly stop: AbortController;
  /** Those that are no mere sign of life. */
  written(): (string | bigint)[];
}

async function watch(cluster: Cluster, store: LeaseStore, from: 'present' | 'nothing' = 'present'): Promise<Watching> {
  const seen = from === 'present' ? await get(store, name) : undefined;
  const changes: LeaseChange[] = [];
  const stop = new AbortController();
  const ended = store.watch!(name, seen, (change) => changes.push(change), stop.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  await until(() => cluster.api.watches.size === 1 || changes.length > 0);
  const written = (): (string | bigint)[] =>
    changes.flatMap((change) => {
      const told: (string | bigint)[] = [];
      if (change.type === 'written') told.push(`${change.lease.termId}/${change.lease.renewal}`);
      if (change.type === 'deleted') told.push(change.revision);
      return told;
    });
  return { changes, ended, stop, written };
}

async function opened(): Promise<{ cluster: Cluster; store: LeaseStore }> {
  const cluster = await startCluster();
  const store = cluster.store();
  await put(store, name, undefined, heldBy('a'));
  return { cluster, store };
}

test('begins where the lease was read, asks for bookmarks, and for an end after five to ten minutes', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { resourceVersion } = ((await get(store, name)).foreign as { metadata: { resourceVersion: string } }).metadata;
  for (const chance of [0, 0.5, 0.999_999]) {
    const { stop, ended } = await watch(cluster, cluster.store({ random: () => chance }));
    stop.abort();
    expect(await ended).toBeUndefined();
    await until(() => cluster.api.open === 0);
  }

  const urls = cluster.api.seen
    .map(({ url }) => new URL(url, 'http://server'))
    .filter(({ searchParams }) => searchParams.has('watch'));
  expect(urls.map(({ pathname }) => pathname)).toEqual(Array(3).fill('/apis/coordination.k8s.io/v1/namespaces/default/leases'));
  expect(urls.map(({ searchParams }) => Object.fromEntries(searchParams))).toEqual(
    ['300', '450', '600'].map((timeoutSeconds) => ({
      watch: '1',
      fieldSelector: 'metadata.name=billing',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds,
    })),
  );
});

test('tells that it is alive once it has begun, and at every bookmark', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { changes, stop } = await watch(cluster, store);
  await until(() => changes.length === 1);

  for (const stream of cluster.api.watches) stream.bookmark();

  await until(() => changes.length === 2);
  expect(changes).toEqual([{ type: 'alive' }, { type: 'alive' }]);
  stop.abort();
});

test('tells of every write and of a deletion, however the packets are cut', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const holder = 'zürich-節点-🦊';
  const { changes, written, stop } = await watch(cluster, store);
  const first = await get(store, name);
  const object = { ...(first.foreign as object), spec: { holderIdentity: holder } };
  const line = new TextEncoder().encode(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);

  for (const byte of line) {
    for (const stream of cluster.api.watches) stream.say(Uint8Array.of(byte));
  }
  await put(store, name, first, renewed(first));
  cluster.api.storage.delete('default', name);

  await until(() => changes.at(-1)?.type === 'deleted');
  expect(written()).toEqual([`foreign:${holder}//0/0`, 'a.1/1', BigInt(cluster.api.storage.revision)]);
  stop.abort();
});

test('begins with what is there if nothing was read before, so that nothing is missed in between', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;

  const { changes, written, stop } = await watch(cluster, store, 'nothing');
  await until(() => changes.length === 2);

  expect(written()).toEqual(['a.1/0']);
  stop.abort();
});

test('tells nothing of other leases', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { changes, written, stop } = await watch(cluster, store);
  const other = await put(store, 'other', undefined, heldBy('b'));
  for (const stream of cluster.api.watches) {
    stream.say(`${JSON.stringify({ type: 'MODIFIED', object: other.foreign })}\n`); // as if the selector were not heeded
    stream.say(`${JSON.stringify({ type: 'SOMETHING_NEW', object: {} })}\n\n`);
    stream.bookmark();
  }

  await until(() => changes.length === 2);
  expect(written()).toEqual([]);
  stop.abort();
});

test('ends without an error when the server has had enough of it', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { ended } = await watch(cluster, store);

  for (const stream of cluster.api.watches) stream.end();

  expect(await ended).toBeUndefined();
});

test('follows on the connection of the one before', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  for (let round = 0; round < 5; round++) {
    const { ended } = await watch(cluster, store);
    for (const stream of cluster.api.watches) stream.end();
    await ended;
    await until(() => cluster.api.open === 0);
  }

  expect(cluster.api.connections).toBe(2); // requests have one, watches another
});

test('goes on from the present when the history since the read is gone, and says that something may have changed', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const seen = await get(store, name);
  await put(store, name, seen, released(seen));
  cluster.api.storage.compact();
  const changes: LeaseChange[] = [];
  const stop = new AbortController();

  const ended = store.watch!(name, seen, (change) => changes.push(change), stop.signal);

  await until(() => changes.some(({ type }) => type === 'written'));
  expect(changes.map(({ type }) => type)).toEqual(['alive', 'hint', 'alive', 'written']);
  expect(cluster.api.watches.size).toBe(1);
  stop.abort();
  await ended;
});

test('ends when the history is gone that it went on from', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const gone = { status: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } };
  cluster.api.fault({ on: 'WATCH', instead: gone });
  cluster.api.fault({ on: 'WATCH', instead: gone });

  await store.watch!(name, await get(store, name), () => {}, never);

  expect(cluster.api.seen.filter(({ url }) => url.includes('watch=1'))).toHaveLength(2);
});

test.each([
  { title: 'a lost connection', fault: 'unreachable' },
  { title: 'a line that is no JSON', say: '<html>\n', fault: 'invalid' },
  { title: 'a line that is no event', say: '{"hello":1}\n', fault: 'invalid' },
  { title: 'a Lease that cannot be read', say: '{"type":"ADDED","object":{"metadata":{"name":"billing"}}}\n', fault: 'invalid' },
  { title: 'a line without end', say: 'x'.repeat(4 * 1024 * 1024), fault: 'invalid' },
  {
    title: 'an error of the server',
    say: '{"type":"ERROR","object":{"kind":"Status","reason":"InternalError","message":"etcd","code":500}}\n',
    fault: 'unreachable',
  },
  {
    title: 'too much to do',
    say: '{"type":"ERROR","object":{"kind":"Status","code":429,"details":{"retryAfterSeconds":3}}}\n',
    fault: 'throttled',
    retryAfterMs: 3_000,
  },
])('rejects at $title, and lets go of the connection', async ({ say, fault, retryAfterMs }) => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { ended } = await watch(cluster, store);

  for (const stream of cluster.api.watches) {
    if (say === undefined) stream.break();
    else stream.say(say);
  }

  expect(await ended).toMatchObject({ name: 'LeaseStoreError', fault, mayBeWritten: false, retryAfterMs });
  await until(() => cluster.api.open === 0);
});

test('rejects when the answer that refuses it breaks off', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const headers = { 'content-length': '1000' };
  cluster.api.fault({ on: 'WATCH', instead: { status: 403, body: '{"kind":', headers, breakOff: true } });

  const error = await store.watch!(name, undefined, () => {}, never).catch((reason: unknown) => reason);

  expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: false });
});

test('rejects as forbidden where only reading and writing are allowed', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const seen = await get(store, name);
  cluster.file('token', 'elector-token');

  const error = await cluster.store().watch!(name, seen, () => {}, never).catch((reason: unknown) => reason);

  expect(error).toMatchObject({ fault: 'forbidden' });
  expect(String(error)).toContain('get, create, update and watch');
});

test('tells nothing more once its signal has aborted, and resolves', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const { changes, stop, ended } = await watch(cluster, store);
  await until(() => changes.length === 1);
  const first = await get(store, name);

  stop.abort();
  await put(store, name, first, renewed(first));

  expect(await ended).toBeUndefined();
  await until(() => cluster.api.watches.size === 0);
  expect(changes).toHaveLength(1);
  expect(recordOf(await get(store, name))).toEqual(renewed(first));
});

test('tells nothing of what came in the same packet as the change at which its signal aborts', async () => {
  const { cluster, store } = await opened();
  await using _ = cluster;
  const first = await get(store, name);
  const changes: LeaseChange[] = [];
  const stop = new AbortController();
  const watching = store.watch!(
    name,
    first,
    (change) => {
      changes.push(change);
      if (change.type === 'written') stop.abort();
    },
    stop.signal,
  );
  await until(() => changes.length === 1);

  const line = `${JSON.stringify({ type: 'MODIFIED', object: first.foreign })}\n`;
  for (const stream of cluster.api.watches) stream.say(line + line);

  await watching;
  expect(changes.map(({ type }) => type)).toEqual(['alive', 'written']);
});
