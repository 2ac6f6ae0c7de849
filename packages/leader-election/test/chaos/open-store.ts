import { setTimeout as delay } from 'node:timers/promises';
import type { LeaseStore } from '../../src/store.ts';

/** How a member reaches its store. Plain data: it is handed to another process. */
export type BackendSpec =
  | { readonly kind: 'file'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly connection: Readonly<Record<string, string | number>> }
  | { readonly kind: 'etcd'; readonly endpoint: string }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'kubernetes'; readonly kubeconfig: string };

export interface OpenStore {
  readonly store: LeaseStore;
  /** Closes the connections that are the user's own. */
  close(): Promise<void>;
}

const nothingToClose = (): Promise<void> => Promise.resolve();
const ignore = (): void => {};

/** Opens the store as its documentation says, with clients that give up within `patienceMs`. Each loads only what it needs itself. */
export async function openStore(spec: BackendSpec, patienceMs: number): Promise<OpenStore> {
  switch (spec.kind) {
    case 'file': {
      const { fileLease } = await import('../../src/file.ts');
      return { store: fileLease({ folder: spec.folder }), close: nothingToClose };
    }
    case 'postgres':
      return openPostgres(spec.connection, patienceMs);
    case 'etcd': {
      const { etcdLease } = await import('../../src/etcd.ts');
      return { store: etcdLease({ endpoints: spec.endpoint }), close: nothingToClose };
    }
    case 'redis':
      return openRedis(spec.url, patienceMs);
    case 'kubernetes': {
      const { kubernetesLease } = await import('../../src/kubernetes.ts');
      return { store: kubernetesLease({ kubeconfig: spec.kubeconfig, namespace: 'default' }), close: nothingToClose };
    }
  }
}

async function openPostgres(connection: Readonly<Record<string, string | number>>, patienceMs: number): Promise<OpenStore> {
  const [{ postgresLease }, { default: pg }] = await Promise.all([import('../../src/postgres.ts'), import('pg')]);
  const config = {
    ...connection,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  };
  // Kept open: a follower asks every 15 s, and each new connection would cost it a login in the middle of a hand-over.
  const pool = new pg.Pool({ ...config, max: 2, idleTimeoutMillis: 0 });
  pool.on('error', ignore); // an idle connection that was reset: the pool opens another
  const listen = async () => {
    const client = new pg.Client(config);
    client.on('error', ignore);
    await client.connect();
    return client;
  };
  const store = postgresLease({ pool, listen, createTable: true, lockTimeoutMs: Math.min(500, patienceMs / 2) });
  return { store, close: () => pool.end() };
}

async function openRedis(url: string, patienceMs: number): Promise<OpenStore> {
  const [{ redisLease }, { Redis }] = await Promise.all([import('../../src/redis.ts'), import('ioredis')]);
  const options = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: patienceMs,
    connectTimeout: patienceMs,
    retryStrategy: (times: number) => Math.min(50 * times, 500),
  };
  const [client, subscriber] = [new Redis(url, options), new Redis(url, { ...options, enableOfflineQueue: true })];
  for (const one of [client, subscriber]) one.on('error', ignore);
  // Without its queue a client refuses what comes before it is connected, and the first poll would come to nothing.
  await Promise.race([new Promise((resolve) => client.once('ready', resolve)), delay(patienceMs)]);
  const close = async (): Promise<void> => {
    client.disconnect();
    subscriber.disconnect();
  };
  return { store: redisLease({ client, subscriber }), close };
}
