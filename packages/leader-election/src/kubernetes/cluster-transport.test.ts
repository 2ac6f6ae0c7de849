import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { ClusterSource } from './cluster-source.ts';
import { ClusterTransport } from './cluster-transport.ts';
import type { Cluster } from './cluster.ts';

const never = new AbortController().signal;
const cluster: Cluster = {
  server: 'https://127.0.0.1:1',
  namespace: 'prod',
  ca: undefined,
  certificate: undefined,
  key: undefined,
  serverName: undefined,
  insecure: false,
  token: 'secret',
  renewAtMs: undefined,
  expiresAtMs: undefined,
};

function transportTo(found: Cluster): ClusterTransport {
  return new ClusterTransport(new ClusterSource({ read: async () => found }, { wallMs: () => 0 }, new VirtualClock()));
}

test('knows the namespace of the configuration', async () => {
  expect(await transportTo(cluster).namespace(never)).toBe('prod');
});

test('does not guess a namespace: candidates in different ones would all lead', async () => {
  await expect(transportTo({ ...cluster, namespace: undefined }).namespace(never)).rejects.toMatchObject({
    name: 'LeaseStoreError',
    fault: 'invalid',
    mayBeWritten: false,
    message: expect.stringContaining('option namespace') as unknown,
  });
});

test('says where there was no answer, and no secrets', async () => {
  const request = { method: 'GET', path: '/apis', headers: {}, body: null, signal: never, stream: false } as const;

  const error = await transportTo(cluster)
    .send(request)
    .catch((reason: unknown) => reason);

  expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  expect(String(error)).toContain('https://127.0.0.1:1');
  expect(String(error)).not.toContain('secret');
});
