import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from './backend.ts';

export const fileBackend = (folder: string): Backend => ({
  name: 'file',
  server: undefined,
  spec: () => ({ kind: 'file', folder }),
});

export interface PostgresAccess {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export const postgresBackend = ({ port, ...access }: PostgresAccess): Backend => ({
  name: 'postgres',
  server: { host: '127.0.0.1', port },
  spec: (port) => ({ kind: 'postgres', connection: { ...access, host: '127.0.0.1', port } }),
});

/** @param endpoint such as `http://127.0.0.1:2379`. */
export function etcdBackend(endpoint: string): Backend {
  return { name: 'etcd', server: addressOf(endpoint), spec: (port) => ({ kind: 'etcd', endpoint: `http://127.0.0.1:${port}` }) };
}

/** @param url such as `redis://127.0.0.1:6379`. */
export function redisBackend(url: string): Backend {
  return { name: 'redis', server: addressOf(url), spec: (port) => ({ kind: 'redis', url: `redis://127.0.0.1:${port}` }) };
}

/**
 * @param kubeconfig path of one whose server is on this machine: members reach it through another port, and its certificate
 * is for the address alone.
 * @param folder for kubeconfigs of their own.
 */
export function kubernetesBackend(kubeconfig: string, folder: string): Backend {
  const text = readFileSync(kubeconfig, 'utf8');
  const found = /https:\/\/(127\.0\.0\.1|localhost):\d+/.exec(text);
  if (found === null) throw new Error(`${kubeconfig} names no API server on this machine`);
  const spec: Backend['spec'] = (port) => {
    const path = join(folder, `${port}`);
    writeFileSync(path, text.replaceAll(found[0], `https://${found[1]}:${port}`), { mode: 0o600 });
    return { kind: 'kubernetes', kubeconfig: path };
  };
  return { name: 'kubernetes', server: addressOf(found[0]), spec };
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
