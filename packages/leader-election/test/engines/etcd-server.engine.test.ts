import { afterEach, describe, expect, test } from 'vitest';
import { startEtcd } from '../../../../tools/engines/etcd.ts';
import type { EtcdMember } from '../../../../tools/engines/etcd.ts';
import { toBase64 } from '../../src/base64.ts';
import { etcdLease } from '../../src/etcd.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { eventually } from '../contract/eventually.ts';
import { Watching } from '../contract/watching.ts';
import { userCases } from '../etcd/users.ts';
import type { WithUsers } from '../etcd/users.ts';
import { withEngine } from './engine.ts';

withEngine('etcd', ['HOLDFAST_ETCD_BIN'], (binary = '') => {
  let members: EtcdMember[] = [];
  const start = async (count = 1): Promise<[EtcdMember, ...EtcdMember[]]> => {
    members = await startEtcd(binary, { members: count });
    return members as [EtcdMember, ...EtcdMember[]];
  };
  afterEach(async () => {
    await Promise.all(members.map(({ server }) => server.remove()));
    members = [];
  });

  test('goes on after the server was killed and has come back, with greater revisions', async () => {
    const [{ server, endpoint }] = await start();
    const store = etcdLease({ endpoints: endpoint });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    const watch = new Watching(store, 'billing', first);
    const second = await put(store, 'billing', first, renewed(first));
    await watch.untilWritten(second.revision);

    await server.kill();
    await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
    await expect(store.write('billing', second, renewed(second), never)).rejects.toMatchObject({
      fault: 'unreachable',
      mayBeWritten: false,
    });

    await server.start();
    expect(await get(store, 'billing')).toEqual(second);
    const third = await put(store, 'billing', second, heldBy('b'));
    expect(third.revision).toBeGreaterThan(second.revision);
  });

  test('gives up at once on a server that is frozen, and finds out later what became of the write', async () => {
    const [{ server, endpoint }] = await start();
    const store = etcdLease({ endpoints: endpoint });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    const patience = new AbortController();

    server.freeze();
    const given = store.write('billing', first, renewed(first), patience.signal);
    const read = store.read('billing', patience.signal);
    setImmediate(() => patience.abort());
    await expect(given).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true });
    await expect(read).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });

    server.thaw();
    expect([0, 1]).toContain((await get(store, 'billing')).renewal);
  });

  test('watches a lease whose last revision was compacted away', async () => {
    const [{ endpoint }] = await start();
    const store = etcdLease({ endpoints: endpoint });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    let last = first;
    for (let renewal = 0; renewal < 5; renewal++) last = await put(store, 'billing', last, renewed(last));
    await post(endpoint, '/v3/kv/compaction', { revision: `${last.revision}`, physical: true });

    const watch = new Watching(store, 'billing', first);
    await watch.untilWritten(last.revision);
    const next = await put(store, 'billing', last, renewed(last));
    await watch.untilWritten(next.revision);
    await watch.stop();
    expect(watch.changes.filter(({ type }) => type === 'written')).toHaveLength(2); // as it is now, and as it became
  });

  test('moves on to members that are up, and is refused by one that has no leader', async () => {
    const [one, two, last] = await start(3);
    const endpoints = [one.endpoint, two!.endpoint, last!.endpoint];
    const store = etcdLease({ endpoints });
    const first = await put(store, 'billing', undefined, heldBy('a'));

    await one.server.kill();
    await expect(store.read('billing', never)).rejects.toMatchObject({ fault: 'unreachable' });
    const second = await eventually(() => put(store, 'billing', first, renewed(first)));
    expect(second.revision).toBeGreaterThan(first.revision);

    const watch = new Watching(etcdLease({ endpoints: last!.endpoint }), 'billing', second);
    const third = await put(store, 'billing', second, renewed(second));
    await watch.untilWritten(third.revision);
    await two!.server.kill();
    // The last one is alive and without a majority: its watches end, though nothing has closed them, and nothing is read or written.
    await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable', message: expect.stringContaining('no leader') });
    await expect(etcdLease({ endpoints: last!.endpoint }).read('billing', never)).rejects.toMatchObject({
      fault: 'unreachable',
      mayBeWritten: false,
      message: expect.stringContaining('no leader'),
    });
  });

  describe('with authentication', () => {
    let cluster: WithUsers | undefined;
    const withUsers = async (): Promise<void> => {
      const [{ server, endpoint }] = await start();
      await enableAuthentication(endpoint);
      // Tokens are kept in memory, so a server that was restarted knows none.
      cluster = { endpoint, forgetTokens: () => server.restart() };
    };
    userCases(() => cluster!, withUsers);
  });
});

async function enableAuthentication(endpoint: string): Promise<void> {
  const users = [
    ['root', 'root'],
    ['writer', 'leases'],
    ['reader', 'nothing'],
  ] as const;
  for (const [, role] of users) await post(endpoint, '/v3/auth/role/add', { name: role });
  const perm = { permType: 'READWRITE', key: toBase64('/users/'), range_end: toBase64('/users0') };
  await post(endpoint, '/v3/auth/role/grant', { name: 'leases', perm });
  for (const [name, role] of users) {
    await post(endpoint, '/v3/auth/user/add', { name, password: 'right' });
    await post(endpoint, '/v3/auth/user/grant', { user: name, role });
  }
  await post(endpoint, '/v3/auth/enable', {});
}

async function post(endpoint: string, path: string, body: object): Promise<void> {
  const response = await fetch(endpoint + path, { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.text();
  expect(response.status, `${path}: ${answer}`).toBe(200);
}
