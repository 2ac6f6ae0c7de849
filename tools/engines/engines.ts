import { findBinary } from './binaries.ts';
import { startEtcd } from './etcd.ts';
import { startRedis } from './redis.ts';

/** A server that engine tests run against. */
export interface Engine {
  readonly name: string;
  /** What to do if there is none. */
  readonly absent: string;
  /** @returns where it is. */
  find(): string | undefined;
  /** @returns the environment variables that tell the tests where it listens. */
  start(found: string): Promise<Readonly<Record<string, string>>>;
}

const etcd: Engine = {
  name: 'etcd',
  absent: 'no program etcd; on Debian `apt-get install etcd-server`, or give its path in ETCD_BIN',
  find: () => findBinary('etcd', 'ETCD_BIN'),
  async start(binary) {
    const [member] = await startEtcd(binary);
    return { HOLDFAST_ETCD_BIN: binary, HOLDFAST_ETCD_ENDPOINT: member?.endpoint ?? '' };
  },
};

const redis: Engine = {
  name: 'redis',
  absent: 'no program redis-server; on Debian `apt-get install redis-server`, or give its path in REDIS_SERVER_BIN',
  find: () => findBinary('redis-server', 'REDIS_SERVER_BIN'),
  async start(binary) {
    const { host, port } = await startRedis(binary);
    return { HOLDFAST_REDIS_BIN: binary, HOLDFAST_REDIS_URL: `redis://${host}:${port}` };
  },
};

/** Not ours to start: the tests find it by the same variables. */
const kubernetes: Engine = {
  name: 'kubernetes',
  absent: 'neither KUBECONFIG nor KUBE_APISERVER_URL (with KUBE_CA_FILE and KUBE_TOKEN_…) names an API server',
  find: () => process.env['KUBE_APISERVER_URL'] || process.env['KUBECONFIG'] || undefined,
  start: () => Promise.resolve({}),
};

export const engines: readonly Engine[] = [etcd, redis, kubernetes];
