import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubernetesLease } from '../../src/kubernetes.ts';
import type { KubernetesLeaseOptions } from '../../src/kubernetes.ts';
import type { LeaseStore } from '../../src/store.ts';
import { startKubeApi } from '../kube-api/server.ts';
import type { KubeApi, KubeApiOptions } from '../kube-api/server.ts';
import { authority, serverCertificate } from '../kube-api/x509.ts';
import type { Authority } from '../kube-api/x509.ts';

/** An API server that speaks TLS, and a folder with what leads to it. */
export interface Cluster extends AsyncDisposable {
  readonly api: KubeApi;
  readonly ca: Authority;
  readonly folder: string;
  readonly kubeconfig: string;
  store(options?: KubernetesLeaseOptions): LeaseStore;
  /** Writes a file into the folder. @returns its path. */
  file(name: string, content: string): string;
}

const ca = authority();
const certificate = serverCertificate(ca);

export async function startCluster(options: KubeApiOptions = {}): Promise<Cluster> {
  const api = await startKubeApi({ certificate, ...options });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kube-'));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  file('ca.crt', ca.certificate);
  file('token', 'admin-token\n');
  const kubeconfig = file('kubeconfig', kubeconfigOf(api.url, 'tokenFile: token'));
  return {
    api,
    ca,
    folder,
    kubeconfig,
    file,
    store: (own = {}) => kubernetesLease({ kubeconfig, ...own }),
    async [Symbol.asyncDispose]() {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** @param user its fields, as YAML in one line each. */
export function kubeconfigOf(server: string, ...user: readonly string[]): string {
  return `apiVersion: v1
kind: Config
current-context: test
contexts:
- name: test
  context:
    cluster: test
    user: test
clusters:
- name: test
  cluster:
    server: ${server}
    certificate-authority: ca.crt
users:
- name: test
  user:
${user.map((line) => `    ${line}\n`).join('')}`;
}

/** Waits for what a server or a stream brings about, by turns of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((turn) => setImmediate(turn));
}

/** A promise that somebody else settles. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
