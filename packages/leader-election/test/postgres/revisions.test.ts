import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { seededRandom } from '@holdfast/core/testing';
import type { Lease } from '../../src/lease.ts';
import { leaseTableSql, postgresLease } from '../../src/postgres.ts';
import type { LeaseStoreError, LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { assertSoon, patienceMs, TestServer } from './server.ts';

const name = 'billing';
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });
let server: TestServer;
let pool: Pool;
let store: LeaseStore;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  pool = server.pool({ max: 12 });
  await pool.query('DROP TABLE IF EXISTS holdfast_leases');
  await pool.query(leaseTableSql());
  store = postgresLease({ pool, lockTimeoutMs: 100 });
});

describe('revisions', () => {
  test('grow in the order of commits, while many write, delete, create and fence', async () => {
    const observed: bigint[] = [];
    const observer = await server.client();
    observer.on('notification', ({ payload = '{}' }) =>
      observed.push(BigInt((JSON.parse(payload) as { revision: string }).revision)),
    );
    const { rows } = await pool.query<{ oid: string }>("SELECT 'holdfast_leases'::regclass::oid::text AS oid");
    await observer.query(`LISTEN holdfast_lease_${rows[0]!.oid}`);
    const random = seededRandom(1);
    let written = 0;

    const write = async (): Promise<void> => {
      const seen = await store.read(name, never);
      const next = heldBy('a', { termId: random() < 0.3 ? `a.${written}` : 'a.0', renewal: written });
      const lease = await store.write(name, random() < 0.1 ? undefined : seen, next, never);
      if (lease === undefined) return;
      written += 1;
      expect(lease.revision).toBeGreaterThan(seen?.revision ?? 0n);
    };
    const meddle = async (): Promise<void> => {
      if (random() < 0.5) await pool.query('DELETE FROM holdfast_leases WHERE name = $1', [name]);
      else await pool.query('SELECT pg_sleep(0.002) FROM holdfast_leases WHERE name = $1 FOR KEY SHARE', [name]);
    };
    const busy = async (): Promise<void> => {
      for (let round = 0; round < 40; round++) await (random() < 0.15 ? meddle() : write());
    };
    await Promise.all(Array.from({ length: 8 }, busy));

    await assertSoon(() => observed.length).toBe(written); // what was told is told in the order of commits
    expect(observed).toEqual(observed.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(observed).size).toBe(written);
    expect(written).toBeGreaterThan(50);
  });

  test.each(['is not there yet', 'is there'])(
    'grow even where a creation stalls with its number drawn, and the lease %s',
    async (how) => {
      await pool.query(`CREATE OR REPLACE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.holder = 'slow' THEN PERFORM pg_advisory_xact_lock(4711); END IF; RETURN NEW; END $$`);
      await pool.query('CREATE TRIGGER stall BEFORE INSERT ON holdfast_leases FOR EACH ROW EXECUTE FUNCTION stall()');
      const gate = await server.client();
      const first = how === 'is there' ? await put(store, name, undefined, heldBy('a')) : undefined;
      await gate.query('SELECT pg_advisory_lock(4711)');

      const stalled = postgresLease({ pool, lockTimeoutMs: 60_000 }).write(name, undefined, heldBy('slow'), never);
      await assertSoon(waiting).toBe(1);
      const others: (Lease | undefined)[] = [first];
      for (const seen of [first, first])
        others.push(await unlessThrottled(store.write(name, seen, heldBy('a', { renewal: 1 }), never)));
      await pool.query('DELETE FROM holdfast_leases');
      await gate.query('SELECT pg_advisory_unlock(4711)');

      const late = await stalled;
      for (const other of others) expect(late!.revision).toBeGreaterThan(other?.revision ?? 0n);
    },
  );

  test('go on where table and sequence were dropped and made anew', async () => {
    const before = await put(store, name, undefined, heldBy('a'));

    await pool.query('DROP TABLE holdfast_leases; DROP SEQUENCE holdfast_leases_revision');
    await pool.query(leaseTableSql());

    expect((await put(store, name, undefined, heldBy('a'))).revision).toBeGreaterThan(before.revision);
  });

  test('that would come again are an error, which says what to run', async () => {
    const other = await put(store, 'other', undefined, heldBy('a'));
    const lease = await put(store, name, undefined, heldBy('a'));
    const back = () => pool.query("SELECT setval('holdfast_leases_revision', $1, false)", [other.revision]);

    await back();
    const renewal = await failure(store.write(name, lease, renewed(lease), never));
    await back();
    const creation = await failure(store.write('third', undefined, heldBy('a'), never));

    expect([renewal, creation]).toMatchObject([1, 2].map(() => ({ fault: 'invalid', mayBeWritten: false })));
    expect((await get(store, name)).revision).toBe(lease.revision);
    for (const { message } of [renewal, creation]) {
      await back();
      await pool.query(/run (SELECT .*)$/.exec(message)![1]!);
      const next = await put(store, name, await get(store, name), renewed(lease));
      expect(next.revision).toBeGreaterThan(lease.revision);
    }
  });
});

describe('a server', () => {
  test.each(['fast', 'crash'] as const)(
    'that is restarted (%s) has kept every write that it answered, also of connections that do not wait for it',
    async (how) => {
      const hasty = server.pool({ options: '-c synchronous_commit=off' });
      const hurried = postgresLease({ pool: hasty });
      let lease = await put(hurried, name, undefined, heldBy('a'));
      for (let renewal = 0; renewal < 5; renewal++) lease = await put(hurried, name, lease, renewed(lease));

      await server.halt(how);
      await expect(store.write(name, lease, renewed(lease), never)).rejects.toMatchObject({ fault: 'unreachable' });
      const refused = await failure(store.write(name, lease, renewed(lease), never));
      await server.resume();

      expect(refused).toMatchObject({ fault: 'unreachable', mayBeWritten: false }); // no connection, so nothing was sent
      expect(await get(store, name)).toMatchObject({ renewal: 5, revision: lease.revision });
      expect((await put(store, name, lease, renewed(lease))).revision).toBeGreaterThan(lease.revision);
    },
  );

  test('that is a replica is not read from, nor written to', async () => {
    const lease = await put(store, name, undefined, heldBy('a'));
    await server.halt();
    await server.resumeAsReplica();

    const failures = [await failure(store.read(name, never)), await failure(store.write(name, lease, renewed(lease), never))];
    await server.halt();
    await server.resume();

    expect(failures).toMatchObject([1, 2].map(() => ({ fault: 'unreachable', mayBeWritten: false })));
    for (const { message } of failures) expect(message).toMatch(/replica.*Connect to the primary/);
  });

  test('that is a replica does not keep the connection: the next request looks for the primary anew', async () => {
    await server.halt();
    await server.resumeAsReplica();
    const looking = server.pool({ max: 1 });
    let connections = 0;
    looking.on('connect', () => void (connections += 1));
    const follower = postgresLease({ pool: looking });
    const messages: string[] = [];
    for (let round = 0; round < 3; round++) messages.push((await failure(follower.read(name, never))).message);
    const left = looking.totalCount;
    await server.halt();
    await server.resume();

    expect(connections).toBe(3);
    expect(left).toBe(0);
    expect(messages).toEqual([messages[0], messages[0], messages[0]]);
    expect(messages[0]).toMatch(
      /^postgresLease: could not read lease 'billing' in holdfast_leases: .*\(25006\); .*Connect to the primary$/,
    );
  });
});

async function unlessThrottled(write: Promise<Lease | undefined>): Promise<Lease | undefined> {
  try {
    return await write;
  } catch (error) {
    expect(error).toMatchObject({ fault: 'throttled', mayBeWritten: false });
    return undefined;
  }
}

async function failure(request: Promise<unknown>): Promise<LeaseStoreError> {
  return request.then(
    () => expect.unreachable('expected a rejection'),
    (error: unknown) => error as LeaseStoreError,
  );
}

async function waiting(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(DISTINCT pid)::int AS count FROM pg_locks WHERE NOT granted',
  );
  return rows[0]!.count;
}
