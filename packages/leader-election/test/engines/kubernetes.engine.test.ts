import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kubernetesLease } from '../../src/kubernetes.ts';
import type { LeaseChange } from '../../src/store.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { ask } from '../kube-api/raw-client.ts';
import type { RawAnswer, RawRequest, Target } from '../kube-api/raw-client.ts';
import { recordedAnswers } from '../kube-api/recorded.ts';
import { kubeconfigOf } from '../kubernetes/environment.ts';
import { storeContract } from '../store-contract.ts';
import { withEngine } from './engine.ts';

/*
 * Against a real API server. Any cluster will do that KUBECONFIG leads to, with rights on the leases of namespace `default`. What needs
 * more than those rights, and the comparison with the recorded answers, is done where the server is given by KUBE_APISERVER_URL,
 * KUBE_CA_FILE, KUBE_TOKEN_ADMIN and KUBE_TOKEN_NOBODY as well: those answers are of version 1.20, and messages differ between versions.
 */
const { KUBE_APISERVER_URL: url, KUBE_CA_FILE: caFile, KUBE_TOKEN_ADMIN: admin, KUBE_TOKEN_NOBODY: nobody } = process.env;
const target: Target = {
  url: url ?? '',
  tokens: { admin: admin ?? '', nobody: nobody ?? '' },
  ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
};
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const labels = { 'holdfast-test': `run-${process.pid}` };

const api = (request: RawRequest): Promise<RawAnswer> => ask(target, request);

withEngine('kubernetes', ['KUBECONFIG'], () => {
  storeContract('of Kubernetes, with a real API server', () => ({
    store: kubernetesLease({ namespace: 'default', labels }),
    otherStore: kubernetesLease({ namespace: 'default', labels }),
    ...(url === undefined ? {} : { remove }),
    close: async () => {
      if (url !== undefined)
        await api({ method: 'DELETE', path: `${leases}?labelSelector=holdfast-test%3D${labels['holdfast-test']}` });
    },
  }));

  describe.skipIf(url === undefined)('the recorded answers, of a real API server', { timeout: 20_000 }, () => {
    recordedAnswers(() => target);
  });

  describe.skipIf(url === undefined)('a real API server', { timeout: 20_000 }, () => {
    test('gives the rights that the example names, and they are all that is needed', async () => {
      const name = `holdfast-rbac-${process.pid}`;
      const manifest = readFileSync(new URL('../../../../examples/kubernetes/rbac.yaml', import.meta.url), 'utf8');
      const parts = manifest.replaceAll('namespace: prod', 'namespace: default').replaceAll('billing', name).split('\n---\n');
      const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
      const paths = ['/api/v1/namespaces/default/serviceaccounts', `${rbac}/roles`, `${rbac}/rolebindings`];
      for (const [index, path] of paths.entries()) {
        const { status, text } = await api({ method: 'POST', path, body: parts[index], contentType: 'application/yaml' });
        expect(status === 201 || status === 409, text).toBe(true);
      }
      await api({ method: 'DELETE', path: `${leases}/${name}` });
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
      const issued = await api({ method: 'POST', path: `${paths[0]}/${name}/token`, body });
      const { token } = (JSON.parse(issued.text) as { status: { token: string } }).status;
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-kube-'));
      writeFileSync(join(folder, 'ca.crt'), target.ca ?? '');
      writeFileSync(join(folder, 'kubeconfig'), kubeconfigOf(target.url, `token: ${token}`));
      const store = kubernetesLease({ kubeconfig: join(folder, 'kubeconfig') });

      const first = await put(store, name, undefined, heldBy('a'));
      const changes: LeaseChange[] = [];
      const stop = new AbortController();
      const watching = store.watch!(name, first, (change) => changes.push(change), stop.signal);
      await put(store, name, await get(store, name), renewed(first));
      await expect.poll(() => changes.map(({ type }) => type)).toContain('written');
      stop.abort();
      await watching;

      await expect(store.read('other', never)).rejects.toMatchObject({ fault: 'forbidden' });
      await expect(store.watch!('other', undefined, () => {}, never)).rejects.toMatchObject({ fault: 'forbidden' });
      rmSync(folder, { recursive: true });
      await remove(name);
      for (const path of paths)
        await api({ method: 'DELETE', path: `${path}/${name}${path.includes('rbac') ? '-leader-election' : ''}` });
    });
  });
});

async function remove(name: string): Promise<void> {
  expect((await api({ method: 'DELETE', path: `${leases}/${name}` })).status).toBe(200);
}
