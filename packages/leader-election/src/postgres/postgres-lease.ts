import { ConfigError } from '@holdfast/core';
import type { Clock } from '@holdfast/core';
import { aClock, anything, callback, count, flag, having, readOptions } from '@holdfast/core/options';
import type { LeaseStore } from '../store.ts';
import type { PostgresListener, PostgresPool } from './client.ts';
import { Queries } from './queries.ts';
import { Register } from './register.ts';
import { statementsFor } from './statements.ts';
import { defaultTable, isTableName, leaseTable, tableAllowed } from './table.ts';
import { Watches } from './watches.ts';

export interface PostgresLeaseOptions {
  /**
   * A `Pool` of pg, or anything with its `query(text, values)`; small, and for the election alone: `max: 2`, `connectionTimeoutMillis`
   * and `query_timeout` of a few seconds, `keepAlive: true` and `keepAliveInitialDelayMillis: 10_000`. A pool that the service has
   * exhausted would cost it its leadership, and a query on a network that has gone silent holds its connection until the driver gives
   * up. The store never ends the pool, and never cancels what was sent.
   *
   * **Listen to its `error`**: a connection that the server closes while it is idle, as at a restart, raises one, and unheard it ends
   * the process.
   *
   * **Never a connection on which others begin transactions**: neither your own `Client` or `PoolClient`, nor a pool to which a client
   * comes back in the midst of one (release it with an error after a failure, and pg closes it). Renewals would become part of the
   * transaction, be answered, and be undone with it. Besides, a `Client` whose connection is lost is never opened again.
   */
  readonly pool: PostgresPool;
  /**
   * Opens a connection to listen on: straight to the server, for a transaction pooler drops what it is to listen to. All watches of the
   * store share one; the store hears its errors, and ends it when the last watch has ended. Without it there is no watch, and electors
   * poll.
   *
   *     const listen = async () => {
   *       const client = new Client({ query_timeout: 2_000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 });
   *       client.on('error', report); // until the store has it
   *       await client.connect();
   *       return client;
   *     };
   *
   * `keepAlive` alone leaves the delay to the system: two hours on Linux, in which a connection that was cut looks like one on which
   * nothing happens. The store itself asks the server again whenever a watch begins, and closes a connection that is silent for 10 s then.
   */
  readonly listen?: () => Promise<PostgresListener>;
  /** Table of the leases, after a schema and a dot if it is not on the search path; quoted as it is written. @default 'holdfast_leases' */
  readonly table?: string;
  /**
   * Whether to make the table where it is missing, at the first request. Not by default: with a wrong database or search_path, there
   * would be a new and empty table, and in it a second leader. @default false
   */
  readonly createTable?: boolean;
  /**
   * How long a write waits for locks, in milliseconds from 1: an acquisition waits for transactions that are fenced by the term before
   * (see `fencedBy`). Below the elector's request time, so that the server gives up first and it is certain that nothing was
   * written; and short, since each wait holds a connection. @default 500
   */
  readonly lockTimeoutMs?: number;
  /**
   * Whether writes notify those who listen. Without it no watch hears of them, and writes do not queue up with other notifying
   * transactions of the server. @default true
   */
  readonly notify?: boolean;
  /** For how long a connection to listen on may owe an answer. @default systemClock */
  readonly clock?: Clock;
}

const required = 'a Pool of pg, or anything with query(text, values)';

const rules = {
  pool: having<PostgresPool | undefined>(required, ['query'], undefined),
  listen: callback<PostgresLeaseOptions['listen']>('() => Promise<Client>', undefined),
  table: anything(tableAllowed, defaultTable, isTableName),
  createTable: flag(false),
  lockTimeoutMs: count(1, 500, 2_147_483_647),
  notify: flag(true),
  clock: aClock,
};

/**
 * Keeps leases in a table of PostgreSQL (12 or later): a row for each, written by compare-and-set, one statement a write. No session
 * state, no advisory lock that outlives a statement, no named prepared statement: it works through transaction poolers.
 *
 * - **The database's clock decides** when a lease has expired; those of the electors need not agree. A step of that clock forward
 *   ends leases early by as much.
 * - **Revisions** come from a sequence. They grow in the order of commits over restarts, crashes and deletion of rows. They may come
 *   again after a restored backup and after a failover to a replica that had not received all: replicate synchronously
 *   (`synchronous_standby_names`), or run what {@link leaseTableSql} says about it. The store notices where it can, and then refuses to write.
 * - **Writes are durable** before they are answered, also where the connection says `synchronous_commit = off`.
 * - **Reads** are of the primary: a replica is an error, never an old answer. It is an error of the database, so that a pool discards
 *   the connection, and looks the name up anew.
 * - To take a lease away by hand, `DELETE` its row; the holder finds out at its next renewal.
 * - Whoever may connect to the database may send notifications, and so make a holder give up; writing takes more.
 * @throws {ConfigError}
 */
export function postgresLease(options: PostgresLeaseOptions): LeaseStore {
  const { pool, listen, table: name, createTable, lockTimeoutMs, notify, clock } = readOptions('postgresLease', options, rules);
  if (pool === undefined) throw new ConfigError('postgresLease', 'pool', pool, required);
  const table = leaseTable(name);
  const queries = new Queries({ pool, table, createTable });
  const register = new Register(queries, statementsFor(table, notify), lockTimeoutMs);
  const store: LeaseStore = {
    kind: 'postgres',
    read: (name, signal) => register.read(name, signal),
    write: (name, seen, next, signal) => register.write(name, seen, next, signal),
  };
  if (listen === undefined) return store;
  const watches = new Watches({ channel: () => register.channel(), connect: listen }, table, clock);
  return { ...store, watch: (name, _seen, onChange, signal) => watches.watch(name, onChange, signal) };
}
