import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { KubernetesLeaseOptions } from '../../src/kubernetes.ts';
import type { LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { startKubeApi } from '../kube-api/server.ts';
import type { KubeApi } from '../kube-api/server.ts';
import { startCluster } from './environment.ts';

// Somebody chooses another cluster or namespace in the kubeconfig of a running election, for work of their own: the election stays
// where it is, with all the other candidates. Elsewhere it would find no lease, and lead there too.

interface Two extends AsyncDisposable {
  readonly here: KubeApi;
  readonly elsewhere: KubeApi;
  readonly store: LeaseStore;
  choose(context: 'here' | 'elsewhere', namespace?: string, token?: string): void;
}

async function twoClusters(options: KubernetesLeaseOptions = {}): Promise<Two> {
  const cluster = await startCluster();
  const [here, elsewhere] = [await startKubeApi(), await startKubeApi()];
  const choose: Two['choose'] = (context, namespace = 'default', token = 'admin-token') => {
    cluster.file(
      'two',
      `current-context: ${context}
contexts:
- {name: here, context: {cluster: here, user: me, namespace: ${namespace}}}
- {name: elsewhere, context: {cluster: elsewhere, user: me}}
clusters:
- {name: here, cluster: {server: '${here.url}'}}
- {name: elsewhere, cluster: {server: '${elsewhere.url}'}}
users:
- {name: me, user: {token: ${token}}}`,
    );
  };
  choose('here');
  const store = cluster.store({ kubeconfig: join(cluster.folder, 'two'), ...options });
  return {
    here,
    elsewhere,
    store,
    choose,
    async [Symbol.asyncDispose]() {
      await Promise.all([here.close(), elsewhere.close(), cluster[Symbol.asyncDispose]()]);
    },
  };
}

/** A refusal has the configuration read again at once. */
const refused = { status: 401, body: { kind: 'Status', reason: 'Unauthorized' } };

test('stays in its cluster after `kubectl config use-context`, with the tokens that come', async () => {
  await using two = await twoClusters();
  const first = await put(two.store, 'billing', undefined, heldBy('a'));

  two.here.users.byToken.set('second', two.here.users.byToken.get('admin-token')!);
  two.choose('elsewhere', undefined, 'second');
  two.here.fault({ on: 'PUT', instead: refused });
  const second = await put(two.store, 'billing', first, renewed(first));

  expect(second.revision).toBeGreaterThan(first.revision);
  expect(two.here.seen.at(-1)?.headers.authorization).toBe('Bearer second');
  expect(two.elsewhere.seen).toEqual([]);
});

test('stays in its cluster when its token is refused, too', async () => {
  await using two = await twoClusters();
  const first = await put(two.store, 'billing', undefined, heldBy('a'));

  two.here.users.byToken.clear();
  two.choose('elsewhere');

  await expect(two.store.write('billing', first, renewed(first), never)).rejects.toMatchObject({ fault: 'unauthorized' });
  expect(two.elsewhere.seen).toEqual([]);
});

test('stays in its namespace after `kubens`', async () => {
  await using two = await twoClusters();
  const first = await put(two.store, 'billing', undefined, heldBy('a'));

  two.choose('here', 'kube-system');
  two.here.fault({ on: 'GET', instead: refused });
  await expect(two.store.read('billing', never)).rejects.toMatchObject({ fault: 'unauthorized' });

  expect((await get(two.store, 'billing')).revision).toBe(first.revision);
  expect(two.here.seen.every(({ url }) => url.includes('/namespaces/default/'))).toBe(true);
});

test('goes on with new credentials after `kubens` if its namespace was given', async () => {
  await using two = await twoClusters({ namespace: 'default' });
  await put(two.store, 'billing', undefined, heldBy('a'));

  two.here.users.byToken.set('second', two.here.users.byToken.get('admin-token')!);
  two.here.users.byToken.delete('admin-token');
  two.choose('here', 'kube-system', 'second');

  expect(await get(two.store, 'billing')).toMatchObject({ holder: 'a' });
});

test('says that it has to be restarted, once the credentials from before are refused', async () => {
  await using two = await twoClusters();
  const first = await put(two.store, 'billing', undefined, heldBy('a'));

  two.choose('here', 'kube-system', 'second');
  two.here.users.byToken.delete('admin-token');

  await expect(two.store.write('billing', first, renewed(first), never)).rejects.toMatchObject({
    name: 'LeaseStoreError',
    fault: 'unauthorized',
    mayBeWritten: false,
    message: expect.stringMatching(/could not update lease default\/billing: 401.* namespace kube-system.* restart/) as unknown,
  });
});
