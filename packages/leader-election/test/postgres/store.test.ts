import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fencedBy, leaseTableSql, postgresLease } from '../../src/postgres.ts';
import type { LeaseStore, LeaseStoreError } from '../../src/store.ts';
import { get, heldBy, never, put, released, renewed } from '../contract/environment.ts';
import { assertSoon, patienceMs, TestServer } from './server.ts';

const name = 'billing';
const oddRow = `INSERT INTO odd VALUES ('${name}', 1, 1, NULL, 'a.1', 0, 1000, 0, 0, 0, 0, '', clock_timestamp())`;
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });
let server: TestServer;
let pool: Pool;
let store: LeaseStore;

beforeAll(async () => {
  server = await TestServer.start();
  await server.run(leaseTableSql());
  pool = server.pool();
  store = postgresLease({ pool, lockTimeoutMs: 50 });
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  await pool.query('DELETE FROM holdfast_leases');
});

describe('the clock of the database', () => {
  test('counts from each renewal, and not from what others remark', async () => {
    const lease = await put(store, name, undefined, heldBy('a', { durationMs: 60_000 }));
    await pool.query("UPDATE holdfast_leases SET expires_at = clock_timestamp() + interval '5 s'");

    const remarked = await put(store, name, lease, { ...heldBy('a'), handOffTo: 'b' });
    expect(remarked.remainingMs).toBeLessThanOrEqual(5_000);
    expect(remarked.remainingMs).toBeGreaterThan(0);

    expect((await put(store, name, remarked, renewed(remarked))).remainingMs).toBeGreaterThan(30_000);
  });

  test('lets a holder renew, release and take over its own lease although the time is up', async () => {
    const expire = () => pool.query("UPDATE holdfast_leases SET expires_at = clock_timestamp() - interval '1 s'");
    let lease = await put(store, name, undefined, heldBy('a'));
    for (const next of [renewed(lease), heldBy('a', { termId: 'a.2' }), released(lease)]) {
      await expire();
      expect((await get(store, name)).remainingMs).toBe(0);
      lease = await put(store, name, lease, next);
    }
  });

  test('does not take two terms for the same elector that name none', async () => {
    const lease = await put(store, name, undefined, heldBy('a', { termId: 'one' }));

    expect(await store.write(name, lease, heldBy('b', { termId: 'two' }), never)).toBeUndefined();
  });
});

describe('a write', () => {
  test('leaves no trace in its session, so that it may go through a transaction pooler', async () => {
    const client = await server.client();
    const settings = "SELECT current_setting('lock_timeout') AS lock, current_setting('synchronous_commit') AS durable";
    await client.query('SET synchronous_commit = off');
    const before = (await client.query(settings)).rows;

    const lease = await put(postgresLease({ pool: client }), name, undefined, heldBy('a'));
    await put(postgresLease({ pool: client }), name, lease, renewed(lease));

    expect((await client.query(settings)).rows).toEqual(before);
    expect((await client.query("SELECT FROM pg_locks WHERE locktype = 'advisory'")).rowCount).toBe(0);
    expect((await client.query('SELECT FROM pg_prepared_statements')).rowCount).toBe(0);
  });

  test.each(['repeatable read', 'serializable'])('is a compare-and-set where transactions are %s', async (isolation) => {
    const strict = server.pool({ options: `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}` });
    const [one, two] = [postgresLease({ pool: strict }), postgresLease({ pool: strict })];
    let lease = await put(one, name, undefined, heldBy('a'));

    for (let round = 0; round < 10; round++) {
      const writes = [one, two].map((each) => each.write(name, lease, renewed(lease), never));
      const settled = await Promise.allSettled(writes);
      const won = settled.flatMap((each) => (each.status === 'fulfilled' && each.value !== undefined ? [each.value] : []));
      const failed = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      expect(won).toHaveLength(1);
      expect(failed).toMatchObject(failed.map(() => ({ fault: 'unreachable', mayBeWritten: false })));
      lease = won[0]!;
    }
  });

  test('is given up at once when nobody waits for it, and frees its connection when it ends', async () => {
    const one = server.pool({ max: 1 });
    const patient = postgresLease({ pool: one, lockTimeoutMs: 60_000 });
    const lease = await put(patient, name, undefined, heldBy('a'));
    const blocker = await server.client();
    await blocker.query('BEGIN; SELECT FROM holdfast_leases FOR UPDATE');
    const aborting = new AbortController();

    const write = failure(patient.write(name, lease, renewed(lease), aborting.signal));
    await assertSoon(waiting).toBe(1);
    aborting.abort(new Error('too late'));

    expect(await write).toMatchObject({ fault: 'unreachable', mayBeWritten: true, cause: new Error('too late') });
    await blocker.query('ROLLBACK');
    expect((await get(patient, name)).renewal).toBe(1); // it was on its way, and arrived
  });

  test.each([
    { end: 'pg_cancel_backend', mayBeWritten: false },
    { end: 'pg_terminate_backend', mayBeWritten: true },
  ])('that an operator ends ($end) says whether it may have been written: $mayBeWritten', async ({ end, mayBeWritten }) => {
    const patient = postgresLease({ pool, lockTimeoutMs: 60_000 });
    const lease = await put(store, name, undefined, heldBy('a'));
    const blocker = await server.client();
    await blocker.query('BEGIN; SELECT FROM holdfast_leases FOR UPDATE');

    const write = failure(patient.write(name, lease, renewed(lease), never));
    await assertSoon(waiting).toBe(1);
    await blocker.query(`SELECT ${end}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);

    expect(await write).toMatchObject({ fault: 'unreachable', mayBeWritten });
    await blocker.query('ROLLBACK');
    expect((await get(store, name)).revision).toBe(lease.revision);
  });
});

describe('the table', () => {
  test('may have any schema and name, made by SQL that may run again', async () => {
    await server.run('CREATE SCHEMA "My-Schema"');
    const table = 'My-Schema.Leases-2';
    for (const _ of [1, 2]) await server.run(leaseTableSql(table));

    const own = postgresLease({ pool, table });
    const lease = await put(own, name, undefined, heldBy('a'));

    expect((await put(own, name, lease, renewed(lease))).revision).toBeGreaterThan(lease.revision);
    expect(await store.read(name, never)).toBeUndefined();
  });

  test('that is missing is an error, which says what to run', async () => {
    const missing = postgresLease({ pool, table: 'not_there' });

    for (const request of [missing.read(name, never), missing.write(name, undefined, heldBy('a'), never)]) {
      const error = await failure(request);
      expect(error).toMatchObject({ fault: 'invalid', mayBeWritten: false });
      expect(error.message).toContain("leaseTableSql('not_there')");
    }
  });

  test('is made at the first request where that is wished, by many at a time as well', async () => {
    const table = 'made_on_demand';
    const stores = Array.from({ length: 8 }, () => postgresLease({ pool: server.pool({ max: 1 }), table, createTable: true }));

    const reads = await Promise.all(stores.map((each) => each.read(name, never)));
    const written = await Promise.all(stores.map((each, index) => each.write(name, undefined, heldBy(`e${index}`), never)));

    expect(reads).toEqual(Array(8).fill(undefined));
    expect(written.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test('asks for no more rights than the error names', async () => {
    await server.run(`CREATE ROLE elector LOGIN PASSWORD 'secret'`);
    const limited = server.pool({ user: 'elector', password: 'secret', max: 1 });
    const denied = postgresLease({ pool: limited });

    const error = await failure(denied.read(name, never));
    expect(error).toMatchObject({ fault: 'forbidden', mayBeWritten: false });
    for (const grant of error.message.match(/GRANT .*? TO …/g)!) await server.run(grant.replace('…', 'elector'));

    const lease = await put(denied, name, undefined, heldBy('a'));
    await put(denied, name, lease, renewed(lease));
    await server.run(`REVOKE ALL ON holdfast_leases FROM elector; GRANT SELECT, UPDATE (token) ON holdfast_leases TO elector`);
    expect((await limited.query(fencedBy({ name, token: lease.revision }))).rowCount).toBe(1);
  });

  test('that may not be made says what right that needs, or who can make it', async () => {
    await server.run(`CREATE ROLE maker LOGIN PASSWORD 'secret'; CREATE SCHEMA closed`);
    const limited = server.pool({ user: 'maker', password: 'secret', max: 1 });
    const making = postgresLease({ pool: limited, table: 'closed.leases', createTable: true });
    const denied = async (): Promise<string> => {
      const error = await failure(making.read(name, never));
      expect(error).toMatchObject({ fault: 'forbidden', mayBeWritten: false });
      return error.message;
    };

    expect(await denied()).toContain('USAGE on its schema');
    await server.run('GRANT USAGE ON SCHEMA closed TO maker');
    const message = await denied();
    expect(message).toMatch(/could not create the table in closed\.leases: permission denied for schema closed/);
    expect(message).toContain("leaseTableSql('closed.leases')");
    expect(message).not.toContain('GRANT SELECT'); // on a table that is not there
    const [grant = ''] = message.match(/GRANT CREATE ON SCHEMA … TO …/) ?? [];
    await server.run(grant.replace('…', 'closed').replace('…', 'maker'));

    await put(making, name, undefined, heldBy('a'));
  });

  test.each([
    { what: 'of another shape', sql: 'CREATE TABLE odd (name text)' },
    {
      what: 'with a row that is no lease',
      sql: `${leaseTableSql('odd')}; ALTER TABLE odd ALTER holder DROP NOT NULL; ${oddRow}`,
    },
  ])('$what is an error of configuration', async ({ sql }) => {
    await server.run('DROP TABLE IF EXISTS odd; DROP SEQUENCE IF EXISTS odd_revision');
    await server.run(sql);

    const error = await failure(postgresLease({ pool, table: 'odd' }).read(name, never));

    expect(error).toMatchObject({ fault: 'invalid', mayBeWritten: false });
    expect(error.message).toMatch(/odd.*(another `table`|Delete it)/);
  });
});

describe('a connection that is refused', () => {
  const cases = [
    { why: 'for its password', config: { password: 'wrong' }, fault: 'unauthorized' },
    { why: 'for its database', config: { database: 'nowhere' }, fault: 'invalid' },
    { why: 'for being one too many', config: { user: 'crowd', password: 'secret' }, fault: 'throttled' },
    { why: 'by a port without a server', config: { port: 1 }, fault: 'unreachable' },
  ] as const;

  test.each(cases)('$why has written nothing ($fault)', async ({ config, fault }) => {
    await server.run("DROP ROLE IF EXISTS crowd; CREATE ROLE crowd LOGIN PASSWORD 'secret' CONNECTION LIMIT 0");
    const refused = postgresLease({ pool: server.pool(config) });

    expect(await failure(refused.write(name, undefined, heldBy('a'), never))).toMatchObject({ fault, mayBeWritten: false });
  });

  test('to write says that it may be a replica', async () => {
    const readOnly = postgresLease({ pool: server.pool({ options: '-c default_transaction_read_only=on' }) });

    const error = await failure(readOnly.write(name, undefined, heldBy('a'), never));

    expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: false });
    expect(error.message).toContain('replica');
  });
});

test('a server that says it is a replica is not read from, even if it does not fail', async () => {
  const lie = (name: string, type: string, value: string): string =>
    `CREATE FUNCTION lies.${name}() RETURNS ${type} LANGUAGE sql VOLATILE AS 'SELECT ${value}'`;
  await server.run(`CREATE SCHEMA lies; ${lie('pg_is_in_recovery', 'boolean', 'true')}; ${lie('txid_current', 'bigint', '7')}`);
  const posing = postgresLease({ pool: server.pool({ options: '-c search_path=lies,pg_catalog,public' }) });

  const error = await failure(posing.read(name, never));

  expect(error).toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  expect(error.message).toContain('Connect to the primary');
});

test('a role that may only read can read', async () => {
  await put(store, name, undefined, heldBy('a'));

  const reader = postgresLease({ pool: server.pool({ options: '-c default_transaction_read_only=on' }) });

  expect(await reader.read(name, never)).toMatchObject({ holder: 'a' });
});

async function failure(request: Promise<unknown>): Promise<LeaseStoreError> {
  return request.then(
    () => expect.unreachable('expected a rejection'),
    (error: unknown) => error as LeaseStoreError,
  );
}

async function waiting(): Promise<number> {
  const rows = await server.run<{ count: number }>('SELECT count(DISTINCT pid)::int AS count FROM pg_locks WHERE NOT granted');
  return rows[0]!.count;
}
