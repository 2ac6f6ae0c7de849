import { ConfigError } from '@holdfast/core';
import { expect, test } from 'vitest';
import { kubernetesLease } from './kubernetes-lease.ts';
import type { KubernetesTransport } from './transport.ts';

const never = new AbortController().signal;

/** Answers as told, and keeps what it was asked. */
function answering(answer: () => Response | Promise<Response>): { transport: KubernetesTransport; asked: unknown[] } {
  const asked: unknown[] = [];
  const send: KubernetesTransport['send'] = async ({ method, path, headers, body, stream }) => {
    asked.push({ method, path, headers, body, stream });
    return answer();
  };
  return { transport: { send }, asked };
}

test('touches nothing when it is made', () => {
  expect(kubernetesLease()).toMatchObject({ kind: 'kubernetes' });
  expect(kubernetesLease({ kubeconfig: '/nowhere', context: 'x', labels: { 'example.com/team': 'a_b' } })).toMatchObject({
    kind: 'kubernetes',
  });
});

test.each<readonly [string, object]>([
  ['namespace', { namespace: 'Prod' }],
  ['namespace', { namespace: '' }],
  ['namespace', { namespace: 'x'.repeat(64) }],
  ['labels', { labels: { team: 1 } }],
  ['labels', { labels: ['x'] }],
  ['labels', { labels: { 'a/b/c': 'x' } }],
  ['labels', { labels: { '': 'x' } }],
  ['labels', { labels: { team: 'no spaces' } }],
  ['kubeconfig', { kubeconfig: '' }],
  ['transport', { namespace: 'prod', transport: {} }],
  ['namespace', { transport: answering(() => new Response()).transport }],
  ['context', { namespace: 'prod', context: 'x', transport: answering(() => new Response()).transport }],
  ['kubeConfig', { kubeConfig: 'x' }],
])('refuses an option %s that cannot work: %o', (option, options) => {
  expect(() => kubernetesLease(options)).toThrow(ConfigError);
  expect(() => kubernetesLease(options)).toThrow(expect.objectContaining({ option, policy: 'kubernetesLease' }));
});

test('takes the answers of fetch through a transport of one\u2019s own', async () => {
  const object = { metadata: { name: 'billing', uid: 'u', resourceVersion: '7' }, spec: { holderIdentity: 'x' } };
  const { transport, asked } = answering(() => Response.json(object));

  const lease = await kubernetesLease({ namespace: 'prod', transport }).read('billing', never);

  expect(lease).toMatchObject({ holder: 'x', revision: 7n });
  expect(asked).toEqual([
    {
      method: 'GET',
      path: '/apis/coordination.k8s.io/v1/namespaces/prod/leases/billing',
      headers: { accept: 'application/json' },
      body: null,
      stream: false,
    },
  ]);
});

test('counts what a transport throws as no answer, to a write as perhaps written', async () => {
  const { transport } = answering(() => Promise.reject(new TypeError('fetch failed')));
  const store = kubernetesLease({ namespace: 'prod', transport });
  const record = {
    holder: '',
    termId: '',
    renewal: 0,
    durationMs: 1,
    transitions: 0,
    acquiredAtMs: 0,
    renewedAtMs: 0,
    rank: 0,
    handOffTo: '',
  };

  await expect(store.read('billing', never)).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  await expect(store.write('billing', undefined, record, never)).rejects.toMatchObject({
    name: 'LeaseStoreError',
    message: 'kubernetesLease: could not create lease prod/billing: fetch failed',
    fault: 'unreachable',
    mayBeWritten: true,
    cause: expect.any(TypeError) as unknown,
  });
});

test('is what the example in the documentation of transports says', () => {
  const transport: KubernetesTransport = {
    send: ({ path, ...request }) => fetch(`http://127.0.0.1:8001${path}`, { ...request, redirect: 'manual' }),
  };

  expect(kubernetesLease({ namespace: 'prod', transport })).toMatchObject({ kind: 'kubernetes' });
});
