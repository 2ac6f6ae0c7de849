import { expect, test } from 'vitest';
import { gate, until } from '../environment.ts';
import { heldByOther, leads, name, namespace, scene } from './scene.ts';

// What client-go has no test for.

test('a release that meets a conflict leaves alone what another has taken meanwhile', async () => {
  await using it = await leads();
  const taken = gate();
  it.cluster.api.fault({ on: 'PUT', before: taken.opened });
  const stopped = it.election.stop();
  await until(() => it.calls.at(-1) === 'update');
  it.put({ ...heldByOther, leaseTransitions: 1 });
  taken.open();
  await stopped;
  expect(it.calls).toEqual(['get', 'create', 'update', 'get']);
  expect(it.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
});

test('the answer to the creation is lost: the lease is known for its own', async () => {
  await using it = await scene();
  it.cluster.api.fault({ on: 'POST', reply: 'drop' });
  it.start();
  await until(() => it.election.snapshot().claims === 1);
  await it.quiet();
  await it.pass(2_000);
  expect(it.election.isLeader).toBe(true);
  // It leads from when the creation was sent: so its first renewal is due.
  expect(it.calls).toEqual(['get', 'create', 'get', 'update']);
  expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
});

test('the answer to a renewal is lost: neither the term nor the token changes', async () => {
  await using it = await leads();
  it.cluster.api.fault({ on: 'PUT', reply: 'drop' });
  await it.pass(4_000);
  expect(it.terms).toHaveLength(1);
  expect(it.terms[0]!.remainingMs()).toBe(10_000);
  expect(it.calls).toEqual(['get', 'create', 'update', 'get', 'update']);
});

test('the lease is deleted: the term ends at once, and another begins with a greater token', async () => {
  await using it = await scene();
  it.start();
  await until(() => it.election.isLeader && it.election.snapshot().watching);
  it.cluster.api.storage.delete(namespace, name);
  await until(() => it.terms[0]!.signal.aborted);
  expect(it.terms[0]!.signal.reason).toMatchObject({ reason: 'deleted' });
  await it.clock.advance(5_000);
  await until(() => it.terms.length === 2);
  expect(it.terms[1]!.token).toBeGreaterThan(it.terms[0]!.token);
  expect(it.clock.now()).toBe(5_000);
});

test('another takes the lease by force: the term ends at once', async () => {
  await using it = await scene();
  it.start();
  await until(() => it.election.snapshot().watching);
  it.put({ ...heldByOther, leaseTransitions: 1 });
  await until(() => it.terms[0]!.signal.aborted);
  expect(it.terms[0]!.signal.reason).toMatchObject({ reason: 'taken' });
  expect(it.clock.now()).toBe(0);
});

test('the lease is assigned by somebody else from now on: it is handed over', async () => {
  await using it = await scene();
  it.start();
  await until(() => it.election.snapshot().watching);
  it.put({ ...it.spec, strategy: 'OldestEmulationVersion', preferredHolder: 'other' });
  await until(() => it.terms[0]!.signal.aborted);
  expect(it.terms[0]!.signal.reason).toMatchObject({ reason: 'handed_over' });
  await until(() => (it.spec['holderIdentity'] ?? '') === '');
  expect(it.spec).toMatchObject({ strategy: 'OldestEmulationVersion', preferredHolder: 'other' });
  await it.clock.advance(30_000);
  expect(it.terms).toHaveLength(1);
});

test('the lease is deleted, and another makes it anew: the term ends at once', async () => {
  await using it = await scene();
  it.start();
  await until(() => it.election.snapshot().watching);
  it.cluster.api.storage.delete(namespace, name);
  it.put(heldByOther);
  await until(() => it.terms[0]!.signal.aborted);
  expect(it.clock.now()).toBe(0);
  await until(() => it.election.leader()?.identity === 'other');
  expect(it.spec).toEqual(heldByOther);
});

test.each([401, 403, 429, 500, 503, 504])('the server answers a renewal with %i: the term goes on', async (status) => {
  await using it = await scene();
  const told = it.listen();
  it.start();
  await until(() => it.election.isLeader);
  // Refused credentials are read again and shown once more.
  for (let tries = status === 401 ? 2 : 1; tries > 0; tries -= 1) it.cluster.api.fault({ on: 'PUT', instead: { status } });
  await it.pass(2_000);
  expect(told.types).toContain('lease.request_failed');
  await it.pass(6_000);
  expect(it.terms).toHaveLength(1);
  it.terms[0]!.assertLeader();
});

test('the process stalls for longer than the lease: its term is over as soon as it runs again, and another took the lease', async () => {
  await using it = await leads();
  it.clock.stall(20_000);
  expect(() => it.terms[0]!.assertLeader()).toThrow('no renewal succeeded in time');
  it.put({ ...heldByOther, leaseTransitions: 1 });
  await it.pass(0);
  await until(() => it.terms[0]!.signal.aborted);
  await until(() => it.election.leader()?.identity === 'other');
  expect(it.spec).toMatchObject({ holderIdentity: 'other' });
});

test('the wall clock is set forward: the term is uncertain until the renewal, and then goes on', async () => {
  await using it = await leads();
  it.aheadMs += 3_600_000;
  expect(() => it.terms[0]!.assertLeader()).toThrow('the clock has jumped');
  await it.pass(2_000);
  it.terms[0]!.assertLeader();
  expect(it.terms).toHaveLength(1);
});

test('the work is still ending when the election stops: the lease is renewed until it has, and released then', async () => {
  await using it = await scene();
  const work = Promise.withResolvers<void>();
  it.start(() => work.promise);
  await until(() => it.election.isLeader);
  const stopped = it.election.stop();
  await it.pass(4_000);
  expect(it.calls).toEqual(['get', 'create', 'update', 'update']);
  expect(it.spec).toMatchObject({ holderIdentity: 'me' });
  work.resolve();
  await stopped;
  expect(it.spec['holderIdentity'] ?? '').toBe('');
});

test('no renewal succeeds until the deadline, and the next does: a new term, with a greater token', async () => {
  await using it = await leads();
  for (let tries = 4; tries > 0; tries -= 1) it.cluster.api.fault({ on: 'PUT', instead: { status: 503 } });
  await it.pass(10_000);
  expect(it.terms[0]!.signal.aborted).toBe(true);
  await it.pass(6_000);
  await until(() => it.terms.length === 2);
  expect(it.terms[1]!.token).toBeGreaterThan(it.terms[0]!.token);
  expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
});
