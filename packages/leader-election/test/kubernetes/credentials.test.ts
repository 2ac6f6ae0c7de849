import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LeaseStore } from '../../src/store.ts';
import { heldBy, never, put } from '../contract/environment.ts';
import { authority, clientCertificate, serverCertificate } from '../kube-api/x509.ts';
import { kubeconfigOf, startCluster, until } from './environment.ts';
import type { Cluster } from './environment.ts';

const everything = ['get', 'create', 'update', 'watch'];

async function failure(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

function rotateToken({ api, file }: Cluster, token: string): void {
  const admin = api.users.byToken.get('admin-token')!;
  api.users.byToken.clear();
  api.users.byToken.set(token, admin);
  file('token', `\n${token}\n`);
}

const sentBy = ({ api }: Cluster): (string | undefined)[] => api.seen.map(({ headers }) => headers.authorization);

test('goes on with the new token after it was rotated, at once and on the same connection', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await put(store, 'one', undefined, heldBy('a'));
  rotateToken(cluster, 'second');

  await put(store, 'two', undefined, heldBy('a'));
  await store.read('two', never);

  expect(sentBy(cluster)).toEqual(['Bearer admin-token', 'Bearer admin-token', 'Bearer second', 'Bearer second']);
  expect(cluster.api.connections).toBe(1);
});

test('tries once more and not again if the new token is refused too', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await store.read('one', never);
  rotateToken(cluster, 'second');
  cluster.file('token', 'third');

  const error = await failure(store.read('one', never));

  expect(error).toMatchObject({ fault: 'unauthorized', mayBeWritten: false });
  expect(sentBy(cluster).slice(1)).toEqual(['Bearer admin-token', 'Bearer third']);
});

test('does not ask again with a token that was just refused', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  cluster.api.users.byToken.clear();

  for (let round = 1; round <= 3; round++) {
    expect(await failure(store.read('one', never))).toMatchObject({ fault: 'unauthorized' });
    expect(cluster.api.seen).toHaveLength(round);
  }
});

test('begins a watch with the new token, too', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await store.read('one', never);
  rotateToken(cluster, 'second');
  const stop = new AbortController();

  const watching = store.watch!('one', undefined, () => {}, stop.signal);

  await until(() => cluster.api.watches.size === 1);
  expect(sentBy(cluster)).toEqual(['Bearer admin-token', 'Bearer admin-token', 'Bearer second']);
  stop.abort();
  await watching;
});

test('trusts the new authority after it was rotated', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await put(store, 'one', undefined, heldBy('a'));
  const next = authority('next-ca');
  cluster.api.present(serverCertificate(next));
  await failure(store.read('one', never)); // perhaps on the connection that is just closed; the authority is still the old one
  const untrusted = await failure(store.write('two', undefined, heldBy('a'), never));
  expect(untrusted).toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  expect(String(untrusted)).toContain('its certificate is not trusted');

  cluster.file('ca.crt', next.certificate);

  await put(store, 'two', undefined, heldBy('a'));
});

test('checks that the certificate is for the server it meant', async () => {
  await using cluster = await startCluster();
  const text = readFileSync(cluster.kubeconfig, 'utf8');
  const named = (name: string): LeaseStore => {
    const path = cluster.file(`as-${name}`, text.replace('server:', `tls-server-name: ${name}\n    server:`));
    return cluster.store({ kubeconfig: path });
  };

  expect(await named('kubernetes.default.svc').read('one', never)).toBeUndefined();
  expect(String(await failure(named('kubernetes.example').read('one', never)))).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
});

test('takes any certificate if the kubeconfig says so, and only then', async () => {
  await using cluster = await startCluster();
  const text = kubeconfigOf(cluster.api.url, 'token: admin-token').replace('certificate-authority: ca.crt', '# none');
  const trusting = text.replace('server:', 'insecure-skip-tls-verify: true\n    server:');

  expect(await failure(cluster.store({ kubeconfig: cluster.file('none', text) }).read('one', never))).toMatchObject({
    fault: 'unreachable',
  });
  expect(await cluster.store({ kubeconfig: cluster.file('any', trusting) }).read('one', never)).toBeUndefined();
});

test('shows a client certificate, and the new one after it was renewed', async () => {
  const clients = authority('clients');
  await using cluster = await startCluster({ clientCa: clients.certificate });
  const show = (user: string): void => {
    const { certificate, key } = clientCertificate(clients, user);
    cluster.file('client.crt', certificate);
    cluster.file('client.key', key);
    cluster.api.users.byCertificate.set(user, { name: user, verbs: everything });
  };
  show('first');
  const kubeconfig = cluster.file(
    'mutual',
    kubeconfigOf(cluster.api.url, 'client-certificate: client.crt', 'client-key: client.key'),
  );
  const store = cluster.store({ kubeconfig });
  await put(store, 'one', undefined, heldBy('a'));

  show('second');
  cluster.api.users.byCertificate.delete('first');
  cluster.api.fault({ on: 'POST', instead: { status: 401, body: { kind: 'Status', reason: 'Unauthorized' } } });

  await put(store, 'two', undefined, heldBy('a'));
  expect(cluster.api.connections).toBe(2);
  await until(() => cluster.api.openSockets === 1); // the old one was closed
});

test('reads a certificate and a key of two pairs again, as soon as they are one: a rotation writes one file after the other', async () => {
  const clients = authority('clients');
  await using cluster = await startCluster({ clientCa: clients.certificate });
  const [old, next] = [clientCertificate(clients, 'user'), clientCertificate(clients, 'user')];
  cluster.api.users.byCertificate.set('user', { name: 'user', verbs: everything });
  cluster.file('client.crt', next.certificate);
  cluster.file('client.key', old.key);
  const kubeconfig = cluster.file(
    'mutual',
    kubeconfigOf(cluster.api.url, 'client-certificate: client.crt', 'client-key: client.key'),
  );
  const store = cluster.store({ kubeconfig });
  const error = await failure(store.write('one', undefined, heldBy('a'), never));
  expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: false });
  expect(String(error)).toContain('key values mismatch');

  cluster.file('client.key', next.key);

  await put(store, 'one', undefined, heldBy('a'));
});

test('goes on with the new token though the answer that refused the old one breaks off', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await store.read('one', never);
  rotateToken(cluster, 'second');
  const headers = { 'content-length': '1000' };
  cluster.api.fault({ on: 'POST', instead: { status: 401, body: '{"kind":', headers, breakOff: true } });

  await put(store, 'one', undefined, heldBy('a'));

  expect(sentBy(cluster)).toEqual(['Bearer admin-token', 'Bearer admin-token', 'Bearer second']);
});

test('keeps the token while its file is empty: it is being written', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await store.read('one', never);
  cluster.file('token', '');
  cluster.api.fault({ on: 'GET', instead: { status: 401, body: { kind: 'Status', reason: 'Unauthorized' } } });
  expect(await failure(store.read('one', never))).toMatchObject({ fault: 'unauthorized', mayBeWritten: false });

  await store.read('one', never);

  expect(sentBy(cluster)).toEqual(Array(3).fill('Bearer admin-token'));
});

test('asks a plugin for a token, keeps it until it ends, and asks for another when it is refused', async () => {
  await using cluster = await startCluster();
  const log = join(cluster.folder, 'runs');
  const plugin = cluster.file(
    'plugin.mjs',
    `import { appendFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(log)}, process.env.KUBERNETES_EXEC_INFO + ' ' + process.argv[2] + ' ' + process.env.WHO + '\\n');
     const runs = (await import('node:fs')).readFileSync(${JSON.stringify(log)}, 'utf8').split('\\n').length - 1;
     const status = { token: 'token-' + runs, expirationTimestamp: '2099-01-01T00:00:00Z' };
     console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));`,
  );
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [plugin, 'an argument'],
    env: [{ name: 'WHO', value: 'me' }],
    provideClusterInfo: true,
    interactiveMode: 'IfAvailable',
  };
  const kubeconfig = cluster.file('plugged', kubeconfigOf(cluster.api.url, `exec: ${JSON.stringify(exec)}`));
  const store = cluster.store({ kubeconfig });
  const admin = cluster.api.users.byToken.get('admin-token')!;
  cluster.api.users.byToken.set('token-1', admin);
  await store.read('one', never);
  await store.read('one', never);
  cluster.api.users.byToken.delete('token-1');
  cluster.api.users.byToken.set('token-2', admin);

  await store.read('one', never);

  expect(sentBy(cluster)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
  const runs = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(runs).toHaveLength(2);
  expect(runs[0]).toMatch(/ an argument me$/);
  expect(JSON.parse(runs[0]!.slice(0, -' an argument me'.length))).toMatchObject({
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: cluster.api.url } },
  });
}, 20_000);

test('keeps the old configuration when the new one cannot be read', async () => {
  await using cluster = await startCluster();
  const store = cluster.store();
  await store.read('one', never);
  rmSync(cluster.kubeconfig);
  cluster.api.fault({ on: 'GET', instead: { status: 401, body: { kind: 'Status', reason: 'Unauthorized' } } });

  expect(await failure(store.read('one', never))).toMatchObject({ fault: 'unauthorized' });
  expect(await store.read('one', never)).toBeUndefined();
});
