import { describe, expect, test } from 'vitest';
import type { Lease } from '../../src/lease.ts';
import { kubernetesLease } from '../../src/kubernetes.ts';
import { recordOf } from '../../src/elector/record.ts';
import type { LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { timedOut } from '../kube-api/recorded.ts';
import { startKubeApi } from '../kube-api/server.ts';
import { gate, kubeconfigOf, startCluster, until } from './environment.ts';

const name = 'billing';

async function failure(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('a request', () => {
  test('reads by quorum, and writes the whole object with uid and resourceVersion', async () => {
    await using cluster = await startCluster();
    const store = cluster.store({ labels: { app: 'billing' } });
    const first = await put(store, name, undefined, heldBy('a'));
    await put(store, name, await get(store, name), renewed(first));

    const [create, read, update] = cluster.api.seen;
    expect(create).toMatchObject({ method: 'POST', url: '/apis/coordination.k8s.io/v1/namespaces/default/leases' });
    expect(read).toMatchObject({
      method: 'GET',
      url: '/apis/coordination.k8s.io/v1/namespaces/default/leases/billing',
      body: '',
    });
    expect(update).toMatchObject({ method: 'PUT', url: '/apis/coordination.k8s.io/v1/namespaces/default/leases/billing' });
    const { metadata } = first.foreign as { metadata: { uid: string; resourceVersion: string } };
    expect(JSON.parse(update!.body)).toMatchObject({
      metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, labels: { app: 'billing' } },
      spec: { renewTime: expect.stringMatching(/\.\d{6}Z$/) as unknown },
    });
    expect(update!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'holdfast' });
  });

  test('costs no handshake once there is a connection, whatever came between', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    let lease = await put(store, name, undefined, heldBy('a'));
    for (let round = 0; round < 10; round++) {
      lease = await put(store, name, await get(store, name), renewed(lease));
      await store.write(name, { ...lease, foreign: (await get(store, name)).foreign }, renewed(lease), never);
      await store.read('none', never);
      expect(await store.write(name, lease, renewed(lease), never)).toBeUndefined(); // refused: somebody wrote since
      lease = await get(store, name);
    }

    expect(cluster.api.connections).toBe(1);
  });

  test('is not kept waiting by watches, however many share the store', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const watching = new AbortController();
    const watches = Array.from({ length: 5 }, (_, index) => store.watch!(`lease-${index}`, undefined, () => {}, watching.signal));
    await until(() => cluster.api.watches.size === 5);

    const lease = await put(store, name, undefined, heldBy('a'));

    expect(lease.holder).toBe('a');
    watching.abort();
    await Promise.all(watches);
    await until(() => cluster.api.open === 0);
  });

  test('goes to a server without TLS as well, below a path too, as behind `kubectl proxy`', async () => {
    await using cluster = await startCluster();
    const plain = await startKubeApi();
    try {
      const store = cluster.store({ kubeconfig: cluster.file('plain', kubeconfigOf(plain.url, 'tokenFile: token')) });
      const lease = await put(store, name, undefined, heldBy('a'));
      expect(await store.write(name, lease, renewed(lease), never)).toMatchObject({ renewal: 1 });
      expect(plain.connections).toBe(1);

      const below = cluster.store({
        kubeconfig: cluster.file('below', kubeconfigOf(`${plain.url}/clusters/one/`, 'tokenFile: token')),
      });
      await failure(below.read(name, never));
      expect(plain.seen.at(-1)?.url).toBe('/clusters/one/apis/coordination.k8s.io/v1/namespaces/default/leases/billing');
    } finally {
      await plain.close();
    }
  });

  test('is refused before it is sent for a name that no Lease can have', async () => {
    await using cluster = await startCluster();

    const error = await failure(cluster.store().read('Billing_1', never));

    expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'invalid', mayBeWritten: false });
    expect(cluster.api.seen).toEqual([]);
  });

  test('is refused before it is sent for a lease of which the object is missing', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const { foreign: _, ...lease } = await put(store, name, undefined, heldBy('a'));

    expect(await failure(store.write(name, lease, renewed(lease), never))).toMatchObject({
      fault: 'invalid',
      mayBeWritten: false,
    });
    expect(cluster.api.seen).toHaveLength(1);
  });
});

describe('a write whose answer tells nothing', () => {
  interface Lost {
    readonly store: LeaseStore;
    readonly first: Lease;
    readonly error: unknown;
    readonly now: Lease;
  }

  async function lose(fault: object): Promise<Lost> {
    await using cluster = await startCluster();
    const store = cluster.store();
    const first = await put(store, name, undefined, heldBy('a'));
    cluster.api.fault({ on: 'PUT', ...fault });
    const error = await failure(store.write(name, first, renewed(first), never));
    return { store, first, error, now: await get(store, name) };
  }

  test('may be written, and is, if the connection is lost before the answer', async () => {
    const { error, first, now } = await lose({ reply: 'drop' });

    expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: true });
    expect(recordOf(now)).toEqual(renewed(first));
  });

  test('may be written, and is not, if the connection is lost before the server looked at it', async () => {
    const { error, first, now } = await lose({ instead: 'drop' });

    expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: true });
    expect(recordOf(now)).toEqual(recordOf(first));
  });

  test.each([{ reply: timedOut }, { instead: timedOut }])(
    'may be written if the server gave up on its etcd (%o)',
    async (fault) => {
      expect((await lose(fault)).error).toMatchObject({ fault: 'unreachable', mayBeWritten: true });
    },
  );

  test.each(['<html>Gateway</html>', '{"kind":"Lease"'])('may be written if 200 comes with %s', async (body) => {
    expect((await lose({ reply: { status: 200, body } })).error).toMatchObject({ fault: 'unreachable', mayBeWritten: true });
  });

  test('may be written if the answer breaks off', async () => {
    const headers = { 'content-length': '1000', 'content-type': 'application/json' };
    const { error } = await lose({ reply: { status: 200, body: '{"kind":', headers, breakOff: true } });

    expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: true });
  });
});

describe('a write that is not carried out', () => {
  test('certainly is not if there was no connection', async () => {
    const cluster = await startCluster();
    const store = cluster.store();
    const first = await put(store, name, undefined, heldBy('a'));
    await cluster[Symbol.asyncDispose]();

    await failure(store.read(name, never)); // the old connection is gone by now
    const error = await failure(store.write(name, first, renewed(first), never));

    expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: false });
    expect(String(error)).toContain('ECONNREFUSED');
  });

  test.each([
    { as: 'nobody', fault: 'forbidden', says: 'a Role with the verbs get, create and update' },
    { as: 'stranger', fault: 'unauthorized', says: 'check the token' },
  ])('is refused to $as', async ({ as, fault, says }) => {
    await using cluster = await startCluster();
    const first = await put(cluster.store(), name, undefined, heldBy('a'));
    cluster.file('token', `${as}-token`);
    const store = cluster.store();

    for (const request of [
      store.write(name, first, renewed(first), never),
      store.write('other', undefined, heldBy('a'), never),
    ]) {
      const error = await failure(request);
      expect(error).toMatchObject({ fault, mayBeWritten: false });
      expect(String(error)).toContain(says);
      expect(String(error)).not.toContain(`${as}-token`);
    }
  });

  test('is refused in a namespace that does not exist', async () => {
    await using cluster = await startCluster();
    const store = cluster.store({ namespace: 'nowhere' });

    expect(await store.read(name, never)).toBeUndefined(); // the server says the same as of a lease that does not exist
    const error = await failure(store.write(name, undefined, heldBy('a'), never));

    expect(error).toMatchObject({ fault: 'invalid', mayBeWritten: false });
    expect(String(error)).toContain('create the namespace');
  });

  test('is refused, and no conflict, when its namespace is gone', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const first = await put(store, name, undefined, heldBy('a'));
    const body = {
      kind: 'Status',
      reason: 'NotFound',
      message: 'namespaces "default" not found',
      details: { kind: 'namespaces' },
    };
    cluster.api.fault({ on: 'PUT', instead: { status: 404, body } });

    expect(await failure(store.write(name, first, renewed(first), never))).toMatchObject({
      fault: 'invalid',
      mayBeWritten: false,
    });
  });

  test('is refused where the group is not served, for a reader too', async () => {
    await using cluster = await startCluster();
    cluster.api.fault({ on: 'GET', instead: { status: 404, body: '404 page not found' } });

    expect(await failure(cluster.store().read(name, never))).toMatchObject({ fault: 'invalid', mayBeWritten: false });
  });

  test('is put off by a server with too much to do, for as long as it says', async () => {
    await using cluster = await startCluster();
    cluster.api.fault({ on: 'POST', instead: { status: 429, headers: { 'retry-after': '2' }, body: 'Too many requests' } });

    const error = await failure(cluster.store().write(name, undefined, heldBy('a'), never));

    expect(error).toMatchObject({ fault: 'throttled', mayBeWritten: false, retryAfterMs: 2_000 });
  });

  test('is one that was answered by the creation of another Lease, of which nobody holds the term', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const first = await put(store, name, undefined, heldBy('a'));
    cluster.api.forgetUids = true; // a server that does not compare them
    cluster.api.storage.delete('default', name);

    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();

    const now = await get(store, name);
    expect(now).toMatchObject({ holder: 'a', durationMs: 60_000 });
    expect(now.termId).toMatch(/^foreign:/);
  });
});

describe('an aborted request', () => {
  test('is let go of at once: before the answer, and while it is read', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const first = await put(store, name, undefined, heldBy('a'));
    const { opened, open } = gate();
    const aborting = new AbortController();
    cluster.api.fault({ on: 'PUT', before: opened });

    const write = failure(store.write(name, first, renewed(first), aborting.signal));
    await until(() => cluster.api.seen.length === 2);
    aborting.abort();

    expect(await write).toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: true });
    await until(() => cluster.api.open === 0);
    open();
  });

  test('does not wait for credentials, and has written nothing', async () => {
    await using cluster = await startCluster();
    const plugin = cluster.file('plugin.mjs', 'setTimeout(() => {}, 60_000);');
    const exec = `exec: {apiVersion: client.authentication.k8s.io/v1, command: '${process.execPath}', args: ['${plugin}']}`;
    const kubeconfig = cluster.file('slow', kubeconfigOf(cluster.api.url, exec));
    // The namespace is in the configuration too, so that it is waited for in another place.
    for (const options of [{ kubeconfig }, { kubeconfig, namespace: 'default' }]) {
      const store = kubernetesLease(options);
      const aborting = new AbortController();

      const read = failure(store.read(name, aborting.signal));
      const write = failure(store.write(name, undefined, heldBy('a'), aborting.signal));
      await new Promise((turn) => setImmediate(turn));
      aborting.abort(new Error('no time left'));

      expect(String(await read)).toContain('no time left');
      expect(await write).toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: false });
    }
    expect(cluster.api.seen).toEqual([]);
  });
});

test('stores built without an environment touch nothing, and say at each request what was looked for', async () => {
  const store = kubernetesLease({ kubeconfig: '/nowhere/at/all' });

  const error = await failure(store.read(name, never));

  expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'invalid', mayBeWritten: false });
  expect(String(error)).toContain('/nowhere/at/all');
});
