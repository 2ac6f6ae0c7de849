import { describe, expect, test } from 'vitest';
import type { Lease, LeaseRecord } from '../../../src/lease.ts';
import type { LeaseStore } from '../../../src/store.ts';
import { startCluster } from '../environment.ts';
import type { Cluster } from '../environment.ts';
import { heldByOther, name, namespace } from './scene.ts';

const record: LeaseRecord = {
  holder: 'me',
  termId: 'a1b2.7',
  renewal: 3,
  durationMs: 15_000,
  transitions: 1,
  acquiredAtMs: Date.parse('2026-05-01T10:00:00.123Z'),
  renewedAtMs: Date.parse('2026-05-01T10:00:02.456Z'),
  rank: 2,
  handOffTo: 'heir',
};

const { signal } = new AbortController();

/** What an election reads and writes of a record; the rest is the store's. */
function recordIn({ revision: _revision, foreign: _foreign, reservedBecause: _reserved, ...rest }: Lease): LeaseRecord {
  return rest;
}

async function lease(store: LeaseStore): Promise<Lease> {
  return (await store.read(name, signal))!;
}

/** Another writes these fields of the object, and leaves the others. */
function edit({ api }: Cluster, { labels, spec }: { labels?: Record<string, string>; spec?: Record<string, unknown> }): void {
  const seen = api.storage.get(namespace, name) ?? { metadata: { name, namespace }, spec: {} };
  const metadata = labels === undefined ? seen.metadata : { ...seen.metadata, labels };
  api.storage.put({ metadata, spec: { ...seen.spec, ...spec } });
}

const labelsOn = ({ api }: Cluster): unknown => api.storage.get(namespace, name)!.metadata['labels'];

describe('conversion', () => {
  test('[11] of a Lease to a record and back, twice, changes neither', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const spec = { ...heldByOther, leaseTransitions: 4, strategy: 'OldestEmulationVersion', preferredHolder: 'heir' };
    edit(cluster, { spec });
    const first = await lease(store);
    await store.write(name, first, recordIn(first), signal);
    expect(cluster.api.storage.get(namespace, name)!.spec).toEqual(spec);
    const second = await lease(store);
    expect(recordIn(second)).toEqual(recordIn(first));
    await store.write(name, second, recordIn(second), signal);
    expect(cluster.api.storage.get(namespace, name)!.spec).toEqual(spec);
  });

  test('[33] is of every field, and leaves to others what is theirs', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    edit(cluster, { spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'heir' } });
    await store.write(name, await lease(store), record, signal);
    expect(cluster.api.storage.get(namespace, name)!.spec).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-05-01T10:00:00.123000Z',
      renewTime: '2026-05-01T10:00:02.456000Z',
      leaseTransitions: 1,
      strategy: 'OldestEmulationVersion',
      preferredHolder: 'heir',
    });
    expect(recordIn(await lease(store))).toEqual(record);
  });
});

describe('a Lease', () => {
  test('[26] that is not there is read as none', async () => {
    await using cluster = await startCluster();
    expect(await cluster.store().read(name, signal)).toBeUndefined();
    expect(cluster.api.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  test('[27] that was created is read as it was written', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const created = await store.write(name, undefined, record, signal);
    const read = await lease(store);
    expect(recordIn(read)).toEqual(record);
    expect(read.revision).toBe(created!.revision);
  });

  test('[30] that is there already is not created again', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    await store.write(name, undefined, record, signal);
    expect(await store.write(name, undefined, { ...record, holder: 'late', termId: 'c3.1' }, signal)).toBeUndefined();
    expect(cluster.api.seen.map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect(recordIn(await lease(store))).toEqual(record);
  });

  test('[31] that was not read before cannot be updated', async () => {
    await using cluster = await startCluster();
    const unread: Lease = { ...record, revision: 189n };
    await expect(cluster.store().write(name, unread, record, signal)).rejects.toMatchObject({
      name: 'LeaseStoreError',
      fault: 'invalid',
      mayBeWritten: false,
      message: expect.stringContaining('as this store gave it'),
    });
    expect(cluster.api.seen).toEqual([]);
  });

  test('[32] is named by namespace and name where something is said of it', async () => {
    await using cluster = await startCluster();
    cluster.api.fault({ on: 'GET', instead: { status: 500, body: 'etcd is away' } });
    await expect(lease(cluster.store())).rejects.toThrow(`read lease ${namespace}/${name}`);
  });
});

describe('labels', () => {
  test('[34] are set on a Lease that has none', async () => {
    await using cluster = await startCluster();
    edit(cluster, { spec: heldByOther });
    const store = cluster.store({ labels: { team: 'billing' } });
    await store.write(name, await lease(store), record, signal);
    expect(labelsOn(cluster)).toEqual({ team: 'billing' });
  });

  test('[35] that others gave a Lease stay when there are none of our own', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    await store.write(name, undefined, record, signal);
    edit(cluster, { labels: { 'custom-key': 'theirs' } });
    await store.write(name, await lease(store), { ...record, renewal: 4 }, signal);
    expect(labelsOn(cluster)).toEqual({ 'custom-key': 'theirs' });
  });

  test('[36] of our own are set again over what others made of them, and those of others stay', async () => {
    await using cluster = await startCluster();
    const store = cluster.store({ labels: { 'custom-key': 'ours' } });
    await store.write(name, undefined, record, signal);
    expect(labelsOn(cluster)).toEqual({ 'custom-key': 'ours' });
    edit(cluster, { labels: { 'custom-key': 'changed', 'custom-key-2': 'theirs' } });
    await store.write(name, await lease(store), { ...record, renewal: 4 }, signal);
    expect(labelsOn(cluster)).toEqual({ 'custom-key': 'ours', 'custom-key-2': 'theirs' });
  });
});
