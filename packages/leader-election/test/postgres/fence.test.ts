import type { Client, Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Lease } from '../../src/lease.ts';
import { fencedBy, leaseTableSql, postgresLease } from '../../src/postgres.ts';
import type { LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, released, renewed } from '../contract/environment.ts';
import { assertSoon, patienceMs, TestServer } from './server.ts';

const name = 'billing';
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });
let server: TestServer;
let pool: Pool;
let store: LeaseStore;
/** The connection of the old leader, with a transaction open. */
let old: Client;
let lease: Lease;

beforeAll(async () => {
  server = await TestServer.start();
  await server.run(
    `${leaseTableSql()}; CREATE TABLE accounts (id int PRIMARY KEY, balance int, fence bigint NOT NULL DEFAULT 0)`,
  );
  pool = server.pool();
  store = postgresLease({ pool, lockTimeoutMs: 50 });
  old = await server.client();
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  await old.query('ROLLBACK');
  await pool.query('DELETE FROM holdfast_leases');
  await pool.query('DELETE FROM accounts');
  await pool.query('INSERT INTO accounts VALUES (1, 100)');
  lease = await put(store, name, undefined, heldBy('old'));
});

describe('a fenced transaction', () => {
  test('commits while its term holds the lease, and leaves the holder free to renew in the meantime', async () => {
    await old.query('BEGIN');
    expect(await fenced(old, lease)).toBe(true);

    const first = await put(store, name, lease, renewed(lease));
    const second = await put(store, name, first, renewed(first));
    const asked = await put(store, name, second, { ...heldBy('old', { renewal: 2 }), handOffTo: 'new' });
    await pay(old);
    await old.query('COMMIT');

    expect(await balance()).toBe(99);
    await put(store, name, asked, renewed(asked));
  });

  test('is refused once another term has begun, whatever was asked before', async () => {
    await old.query('BEGIN');
    await old.query('SELECT balance FROM accounts'); // and here the process was paused
    await expire();
    const next = await put(store, name, await get(store, name), heldBy('new'));

    expect(await fenced(old, lease)).toBe(false);
    expect(await fenced(old, next)).toBe(true);
  });

  test('keeps others from beginning a term until it has ended, and they write nothing while they wait', async () => {
    await old.query('BEGIN');
    await fenced(old, lease);
    await expire();

    const seen = await get(store, name);
    await expect(store.write(name, seen, heldBy('new'), never)).rejects.toMatchObject({
      fault: 'throttled',
      mayBeWritten: false,
    });
    expect((await get(store, name)).revision).toBe(seen.revision);

    await pay(old);
    await old.query('COMMIT');
    await put(store, name, seen, heldBy('new'));
    expect(await balance()).toBe(99); // what the new leader finds is final
    await old.query('BEGIN');
    expect(await fenced(old, lease)).toBe(false);
  });

  test('lets the next leader begin as soon as it ends', async () => {
    const patient = postgresLease({ pool, lockTimeoutMs: 60_000 });
    await old.query('BEGIN');
    await fenced(old, lease);
    await expire();

    const acquisition = put(patient, name, await get(store, name), heldBy('new'));
    await assertSoon(waiting).toBe(1);
    await old.query('ROLLBACK');

    expect((await acquisition).holder).toBe('new');
  });

  test('keeps the lease from being released or deleted under it', async () => {
    await old.query('BEGIN');
    await fenced(old, lease);

    await expect(store.write(name, lease, released(lease), never)).rejects.toMatchObject({
      fault: 'throttled',
      mayBeWritten: false,
    });
    const deletion = pool.query('DELETE FROM holdfast_leases');
    await assertSoon(waiting).toBe(1);
    await pay(old);
    await old.query('COMMIT');

    await deletion;
    expect(await balance()).toBe(99);
  });

  test('is refused when the term has run out, also before there is another', async () => {
    await expire();

    expect(await fenced(old, lease)).toBe(false);
  });

  test('is refused after a release, and in a later term of the same elector', async () => {
    const free = await put(store, name, lease, released(lease));
    expect(await fenced(old, lease)).toBe(false);
    expect(await fenced(old, free)).toBe(false);

    const again = await put(store, name, free, heldBy('old', { termId: 'old.2' }));
    expect(await fenced(old, lease)).toBe(false);
    expect(await fenced(old, again)).toBe(true);
  });

  test('is refused after the lease was deleted and made anew', async () => {
    await pool.query('DELETE FROM holdfast_leases');
    await put(store, name, undefined, heldBy('old'));

    expect(await fenced(old, lease)).toBe(false);
  });

  test.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])(
    'waits for an acquisition under way, and is refused if that commits (%s)',
    async (isolation) => {
      const successor = await server.client();
      await successor.query('BEGIN');
      await successor.query('UPDATE holdfast_leases SET token = token + 1');
      await old.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      const asked = fenced(old, lease).catch(stateOf);
      await assertSoon(waiting).toBe(1);

      await successor.query('COMMIT');

      expect(await asked).toBe(isolation === 'READ COMMITTED' ? false : '40001');
    },
  );

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])('can be renewed under, if the fence came first (%s)', async (isolation) => {
    await old.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    expect(await fenced(old, lease)).toBe(true);
    await put(store, name, lease, renewed(lease));
    await pay(old);
    await old.query('COMMIT');

    expect(await balance()).toBe(99);
  });

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    'has its fence as well with a snapshot older than a renewal (%s)',
    async (isolation) => {
      await old.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      await pay(old);
      await put(store, name, lease, renewed(lease));
      expect(await fenced(old, lease)).toBe(true);
      await expire();

      const seen = await get(store, name);
      await expect(store.write(name, seen, heldBy('new'), never)).rejects.toMatchObject({
        fault: 'throttled',
        mayBeWritten: false,
      });
      await old.query('COMMIT');

      expect(await balance()).toBe(99);
      await put(store, name, seen, heldBy('new'));
    },
  );

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    'has no fence later than the lease lasted in its snapshot, though it was renewed since: so it should come first (%s)',
    async (isolation) => {
      await pool.query("UPDATE holdfast_leases SET expires_at = clock_timestamp() + interval '20 ms'");
      await old.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      await pay(old);
      await put(store, name, lease, renewed(lease));
      await old.query('SELECT pg_sleep(0.03)');

      expect(await fenced(old, lease)).toBe(false);
      expect(await fenced(await server.client(), lease)).toBe(true);
    },
  );

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])('fails with a snapshot older than the next term (%s)', async (isolation) => {
    await old.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    await pay(old);
    await expire();
    await put(store, name, await get(store, name), heldBy('new'));

    expect(await fenced(old, lease).catch(stateOf)).toBe('40001');
  });
});

test('fences a single statement', async () => {
  const fence = fencedBy({ name, token: lease.revision }, { firstParameter: 2 });
  const text = `WITH fence AS MATERIALIZED (${fence.text})
    UPDATE accounts SET balance = balance - 1 WHERE id = $1 AND EXISTS (SELECT FROM fence)`;

  expect((await pool.query(text, [1, ...fence.values])).rowCount).toBe(1);
  await expire();
  expect((await pool.query(text, [1, ...fence.values])).rowCount).toBe(0);
  expect(await balance()).toBe(99);
});

test('rows that remember the highest token refuse a lower one, with no lease at hand', async () => {
  const write = async (fence: bigint): Promise<number | null> => {
    const text = 'UPDATE accounts SET balance = balance - 1, fence = $2 WHERE id = $1 AND fence <= $2';
    return (await pool.query(text, [1, fence])).rowCount;
  };

  expect(await write(7n)).toBe(1);
  expect(await write(7n)).toBe(1);
  expect(await write(9n)).toBe(1);
  expect(await write(8n)).toBe(0);
  expect(await balance()).toBe(97);
});

async function fenced(client: Client, { revision }: Lease): Promise<boolean> {
  const { rows } = await client.query(fencedBy({ name, token: revision }));
  return rows.length === 1;
}

function stateOf(error: unknown): string {
  return (error as { code: string }).code;
}

async function pay(client: Client): Promise<void> {
  await client.query('UPDATE accounts SET balance = balance - 1 WHERE id = 1');
}

async function balance(): Promise<number> {
  const { rows } = await pool.query<{ balance: number }>('SELECT balance FROM accounts WHERE id = 1');
  return rows[0]!.balance;
}

/** Has the term run out by the database's clock. */
async function expire(): Promise<void> {
  await pool.query("UPDATE holdfast_leases SET expires_at = clock_timestamp() - interval '1 ms'");
}

/** How many sessions wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(DISTINCT pid)::int AS count FROM pg_locks WHERE NOT granted',
  );
  return rows[0]!.count;
}
