import { VirtualClock } from '@holdfast/core/testing';
import type { Client, ClientConfig, Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { leaseTableSql, postgresLease } from '../../src/postgres.ts';
import type { LeaseChange, LeaseStore } from '../../src/store.ts';
import { Proxy } from '../chaos/proxy.ts';
import { heldBy, never, put, renewed } from '../contract/environment.ts';
import { assertSoon, patienceMs, TestServer } from './server.ts';

const name = 'billing';
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });
let server: TestServer;
let pool: Pool;
let store: LeaseStore;
let watching: AbortController;

beforeAll(async () => {
  server = await TestServer.start();
  await server.run(leaseTableSql());
  pool = server.pool();
  store = postgresLease({ pool, listen });
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  watching?.abort();
  await assertSoon(listeners).toBe(0);
  watching = new AbortController();
  await pool.query('DELETE FROM holdfast_leases');
});

test('there is none without a connection to listen on', () => {
  expect('watch' in postgresLease({ pool })).toBe(false);
});

test('watches of all names share one connection, until the last has ended', async () => {
  const first = await watch(store, 'first', watching.signal);
  const short = new AbortController();
  const second = await watch(store, 'second', short.signal);
  expect(await listeners()).toBe(1);

  short.abort();
  await second.ended;
  await put(store, 'first', undefined, heldBy('a'));
  await put(store, 'second', undefined, heldBy('a'));

  await assertSoon(() => first.changes.length).toBe(2);
  expect(second.changes).toHaveLength(1);
  expect(await listeners()).toBe(1);
  watching.abort();
  await first.ended;
  await assertSoon(listeners).toBe(0);
});

test('a watch begins with a hint, and then tells the lease as it was written', async () => {
  const { changes } = await watch(store, name, watching.signal);

  const lease = await put(store, name, undefined, heldBy('a', { holder: 'naïve "☃"' }));
  await put(store, name, lease, renewed(lease));

  await assertSoon(() => changes.length).toBe(3);
  const { remainingMs: _, ...told } = lease;
  expect(changes.slice(0, 2)).toEqual([{ type: 'hint' }, { type: 'written', lease: told }]);
});

test('a write that is refused, or undone, tells nothing', async () => {
  const { changes } = await watch(store, name, watching.signal);
  const lease = await put(store, name, undefined, heldBy('a'));

  expect(await store.write(name, undefined, heldBy('b'), never)).toBeUndefined();
  expect(await store.write(name, lease, heldBy('b'), never)).toBeUndefined();
  const undone = await server.client();
  await undone.query('BEGIN');
  await put(postgresLease({ pool: undone }), name, lease, renewed(lease));
  await undone.query('ROLLBACK');
  const last = await put(store, name, lease, renewed(lease));

  await assertSoon(() => changes.length).toBeGreaterThanOrEqual(3);
  expect(revisions(changes)).toEqual([lease.revision, last.revision]);
});

test('a lease that is too long to be told is a hint', async () => {
  const { changes } = await watch(store, name, watching.signal);

  await put(store, name, undefined, heldBy('a', { holder: 'x'.repeat(9_000) }));

  await assertSoon(() => changes).toEqual([{ type: 'hint' }, { type: 'hint' }]);
});

test('what others send on the channel is a hint, and a lease of another name nothing', async () => {
  const { changes } = await watch(store, name, watching.signal);
  const lease = await put(store, name, undefined, heldBy('a'));
  const channel = await channelOf('holdfast_leases');

  for (const payload of ['', 'garbage', '{}', '[]', 'null', `{"name":"${name}","revision":7}`]) {
    await pool.query('SELECT pg_notify($1, $2)', [channel, payload]);
  }
  await put(store, 'other', undefined, heldBy('a'));
  await put(store, name, lease, renewed(lease));

  await assertSoon(() => changes.filter(({ type }) => type === 'written').length).toBe(2);
  expect(changes.filter(({ type }) => type === 'hint')).toHaveLength(7);
});

test('a table of the same name in another schema is not heard', async () => {
  await server.run('CREATE SCHEMA IF NOT EXISTS elsewhere');
  await server.run(leaseTableSql('elsewhere.holdfast_leases'));
  const { changes } = await watch(store, name, watching.signal);

  await put(postgresLease({ pool, table: 'elsewhere.holdfast_leases' }), name, undefined, heldBy('b'));
  const lease = await put(store, name, undefined, heldBy('a'));

  await assertSoon(() => revisions(changes)).toEqual([lease.revision]);
});

test('a store that does not notify is not heard', async () => {
  const { changes } = await watch(store, name, watching.signal);

  const lease = await put(postgresLease({ pool, notify: false }), name, undefined, heldBy('a'));
  const last = await put(store, name, lease, renewed(lease));

  await assertSoon(() => revisions(changes)).toEqual([last.revision]);
});

test('a connection that is lost ends all watches with an error, and another watch opens another', async () => {
  const lost = [await watch(store, name, watching.signal), await watch(store, 'other', watching.signal)];

  await server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening'");

  for (const { ended } of lost)
    await expect(ended).rejects.toMatchObject({ name: 'LeaseStoreError', fault: 'unreachable', mayBeWritten: false });
  const { changes } = await watch(store, name, watching.signal);
  await put(store, name, undefined, heldBy('a'));
  await assertSoon(() => changes.length).toBe(2);
});

test('a connection that cannot be opened is an error, and is tried again by the next watch', async () => {
  const passwords: (string | undefined)[] = ['wrong', undefined];
  const connect = (): Promise<Client> => {
    const password = passwords.shift();
    return server.client({ application_name: 'listening', ...(password === undefined ? {} : { password }) });
  };
  const flaky = postgresLease({ pool, listen: connect });

  await expect(flaky.watch!(name, undefined, () => {}, watching.signal)).rejects.toMatchObject({ fault: 'unauthorized' });

  expect((await watch(flaky, name, watching.signal)).changes).toEqual([{ type: 'hint' }]);
});

test('a connection that opens after everybody has left is ended', async () => {
  const opening = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const slow = async (): Promise<Client> => {
    asked.resolve();
    await opening.promise;
    return listen();
  };
  const ended = postgresLease({ pool, listen: slow }).watch!(name, undefined, () => {}, watching.signal);
  await asked.promise;
  const before = opened;

  watching.abort();
  await ended;
  opening.resolve();

  await assertSoon(() => opened).toBe(before + 1);
  await assertSoon(listeners).toBe(0);
});

test('a watch makes the table where that is wished', async () => {
  const wishing = postgresLease({ pool, listen, table: 'watched', createTable: true });

  const { changes } = await watch(wishing, name, watching.signal);
  await put(wishing, name, undefined, heldBy('a'));

  await assertSoon(() => changes.length).toBe(2);
  const error = postgresLease({ pool, listen, table: 'missing' }).watch!(name, undefined, () => {}, watching.signal);
  await expect(error).rejects.toMatchObject({ fault: 'invalid' });
});

describe('a connection that goes silent', () => {
  test('is no watch for one who joins it, and is given up for all in 10 s', async () => {
    const { network, clock, silent } = await behindProxy();
    const stayed = await watch(silent, 'first', watching.signal);
    const short = new AbortController();
    await watch(silent, name, short.signal);

    network.weather = { kind: 'silent' };
    short.abort();
    const joined = [begin(silent, name, watching.signal), begin(silent, 'other', watching.signal)];
    await clock.advance(9_999);
    expect(joined.map(({ changes }) => changes)).toEqual([[], []]);
    await clock.advance(1);

    for (const { ended } of [stayed, ...joined]) {
      await expect(ended).rejects.toMatchObject({ fault: 'unreachable', message: expect.stringContaining('10 s') });
    }
    expect(joined.map(({ changes }) => changes)).toEqual([[], []]);
    network.weather = { kind: 'fair' };
    expect((await watch(silent, name, watching.signal)).changes).toEqual([{ type: 'hint' }]);
    await assertSoon(listeners).toBe(1);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('is given up although the one who found out has left', async () => {
    const { network, clock, silent } = await behindProxy();
    const stayed = await watch(silent, 'first', watching.signal);
    network.weather = { kind: 'silent' };
    const short = new AbortController();
    const left = begin(silent, name, short.signal);
    await clock.advance(5_000);

    short.abort();
    await left.ended;
    await clock.advance(5_000);

    await expect(stayed.ended).rejects.toMatchObject({ fault: 'unreachable' });
  });

  test('is given up at once by a client that itself sets a time', async () => {
    const { network, silent } = await behindProxy({ query_timeout: 50 });
    const stayed = await watch(silent, 'first', watching.signal);
    network.weather = { kind: 'silent' };

    const joined = begin(silent, name, watching.signal);

    for (const { ended } of [stayed, joined]) await expect(ended).rejects.toThrow('Query read timeout');
    expect(joined.changes).toEqual([]);
  });

  test('is not given up because this process stood still', async () => {
    const { clock, silent } = await behindProxy();
    await watch(silent, 'first', watching.signal);

    const joined = begin(silent, name, watching.signal);
    await Promise.resolve();
    await Promise.resolve(); // the question is sent
    expect(clock.pendingTimers).toHaveLength(1);
    clock.stall(60_000);
    await clock.advance(0);

    await assertSoon(() => joined.changes).toEqual([{ type: 'hint' }]);
  });

  test('is ended when the last one leaves, though it owes an answer', async () => {
    const { network, clock, silent } = await behindProxy();
    const short = new AbortController();
    const first = await watch(silent, 'first', short.signal);
    network.weather = { kind: 'silent' };
    const second = begin(silent, name, short.signal);
    await Promise.resolve();
    await Promise.resolve();

    short.abort();
    await Promise.all([first.ended, second.ended]);

    expect(clock.pendingTimers).toEqual([]);
    network.weather = { kind: 'fair' };
    await assertSoon(listeners).toBe(0);
  });
});

test('one who leaves before the server has answered is told nothing', async () => {
  await watch(store, 'first', watching.signal);
  const short = new AbortController();
  const left = begin(store, name, short.signal);
  await Promise.resolve();
  await Promise.resolve(); // the question is sent

  short.abort();
  await left.ended;
  await watch(store, 'other', watching.signal);

  expect(left.changes).toEqual([]);
});

test('a connection that opens after it was given up is ended, and tells nothing', async () => {
  const clock = new VirtualClock();
  const opening = Promise.withResolvers<Client>();
  const asked = Promise.withResolvers<void>();
  const slow = (): Promise<Client> => (asked.resolve(), opening.promise);
  const { changes, ended } = begin(postgresLease({ pool, listen: slow, clock }), name, watching.signal);
  await asked.promise;

  await clock.advance(10_000);
  await expect(ended).rejects.toMatchObject({ fault: 'unreachable' });
  const late = await listen();
  opening.resolve(late);

  await assertSoon(listeners).toBe(0);
  expect(changes).toEqual([]);
});

test.each(['the pool', 'listen'])('a connection that never opens, for %s does not answer, is given up in 10 s', async (who) => {
  const clock = new VirtualClock();
  const forever = (): Promise<never> => new Promise(() => {});
  const stuck = postgresLease({ pool: who === 'the pool' ? { query: forever } : pool, listen: forever, clock });

  const { changes, ended } = begin(stuck, name, watching.signal);
  await clock.advance(10_000);

  await expect(ended).rejects.toMatchObject({ fault: 'unreachable', message: expect.stringContaining('10 s') });
  expect(changes).toEqual([]);
});

let opened = 0;

/** A store that listens through a network of its own, on a clock that stands. */
async function behindProxy(config: ClientConfig = {}): Promise<{ network: Proxy; clock: VirtualClock; silent: LeaseStore }> {
  const network = await Proxy.listen({ host: '127.0.0.1', port: server.port });
  onTestFinished(() => network.close());
  const clock = new VirtualClock();
  const listen = (): Promise<Client> => server.client({ application_name: 'listening', ...config, port: network.port });
  return { network, clock, silent: postgresLease({ pool, listen, clock }) };
}

async function listen(): Promise<Client> {
  const client = await server.client({ application_name: 'listening' });
  opened += 1;
  return client;
}

function listeners(): Promise<number> {
  return server.connections('listening');
}

/** A watch that has begun. */
async function watch(
  store: LeaseStore,
  name: string,
  signal: AbortSignal,
): Promise<{ changes: LeaseChange[]; ended: Promise<void> }> {
  const begun = begin(store, name, signal);
  await assertSoon(() => begun.changes.length).toBe(1);
  return begun;
}

function begin(store: LeaseStore, name: string, signal: AbortSignal): { changes: LeaseChange[]; ended: Promise<void> } {
  const changes: LeaseChange[] = [];
  const ended = store.watch!(name, undefined, (change) => changes.push(change), signal);
  ended.catch(() => {}); // looked at by the tests that expect it
  return { changes, ended };
}

function revisions(changes: readonly LeaseChange[]): bigint[] {
  return changes.flatMap((change) => (change.type === 'written' ? [change.lease.revision] : []));
}

async function channelOf(table: string): Promise<string> {
  const rows = await server.run<{ oid: string }>('SELECT $1::regclass::oid::text AS oid', [table]);
  return `holdfast_lease_${rows[0]!.oid}`;
}
