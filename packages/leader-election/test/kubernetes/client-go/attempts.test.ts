import { describe, expect, test } from 'vitest';
import { gate, until } from '../environment.ts';
import { heldByOther, leads, scene } from './scene.ts';

/** A follower reads first, and once more when its watch stands. */
const followed = ['get', 'get'];
/** Ten seconds without a word from the watch make it read again. Before it claims the lease it reads, too. */
const doubted = ['get'];

describe('an attempt to lead', () => {
  test('[1] acquires where there is no object', async () => {
    await using it = await scene();
    const told = it.listen();
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'create']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0, leaseDurationSeconds: 15 });
    expect(it.election.leader()).toMatchObject({ identity: 'me', isSelf: true });
    expect(told.leaders).toEqual(['', 'me']);
  });

  test('[2] acquires an object without a record', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put({});
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
    expect(told.leaders).toEqual(['', 'me']);
  });

  test('[3] waits for the duration in the record, not for its own', async () => {
    await using it = await scene({ leaseDurationMs: 10_000, renewDeadlineMs: 6_000, retryPeriodMs: 1_000 });
    const told = it.listen();
    it.put({ ...heldByOther, leaseDurationSeconds: 3 });
    it.start();
    await until(() => it.election.snapshot().watching);
    expect(it.calls).toEqual(['get']);
    await it.pass(2_999);
    expect(it.election.isLeader).toBe(false);
    await it.pass(1);
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual([...followed, 'get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1, leaseDurationSeconds: 10 });
    expect(told.leaders).toEqual(['other', 'me']);
  });

  test('[4] acquires from a record without a holder', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put({ ...heldByOther, holderIdentity: '' });
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
    expect(told.leaders).toEqual(['', 'me']);
  });

  test('[5] acquires what another holds and has not renewed', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put(heldByOther);
    it.start();
    await until(() => it.election.snapshot().watching);
    await it.pass(15_000);
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual([...followed, ...doubted, 'get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
    expect(told.leaders).toEqual(['other', 'me']);
  });

  test('[6] acquires at once what loses its holder, though its time is not over', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put(heldByOther);
    it.start();
    await until(() => it.election.snapshot().watching);
    it.put({ ...heldByOther, holderIdentity: '' });
    await until(() => it.election.leader() === undefined);
    await it.clock.advance(0);
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
    expect(told.leaders).toEqual(['other', '', 'me']);
    expect(it.clock.now()).toBe(0);
  });

  test('[7] leaves alone what another holds, whatever its times say', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put({ ...heldByOther, renewTime: '2126-05-01T10:00:00.000000Z' });
    it.start();
    await until(() => it.election.snapshot().watching);
    await it.pass(14_999);
    expect(it.calls).toEqual([...followed, ...doubted]);
    expect(it.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 0 });
    expect(told.leaders).toEqual(['other']);
  });

  test('[8] renews what is its own, and takes what bears its name but is not its own for another’s', async () => {
    await using it = await scene();
    const told = it.listen();
    it.put({ ...heldByOther, holderIdentity: 'me' });
    it.start();
    await until(() => it.election.snapshot().watching);
    expect(it.calls).toEqual(['get']);
    expect(it.election.leader()).toMatchObject({ identity: 'me', isSelf: false });
    await it.pass(15_000);
    await until(() => it.election.isLeader);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
    expect(it.calls).toEqual([...followed, ...doubted, 'get', 'update']);
    await it.pass(2_000);
    expect(it.calls).toEqual([...followed, ...doubted, 'get', 'update', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
    expect(told.leaders).toEqual(['me', 'me']);
  });
});

describe('the fast path', () => {
  test('[18] renews without reading', async () => {
    await using it = await leads();
    await it.pass(4_000);
    expect(it.calls).toEqual(['get', 'create', 'update', 'update']);
    expect(it.terms[0]!.remainingMs()).toBe(10_000);
  });

  test('[19] reads after a conflict, and goes on with the same term', async () => {
    await using it = await leads();
    const late = gate();
    it.cluster.api.fault({ on: 'PUT', before: late.opened });
    await it.clock.advance(2_000);
    await until(() => it.calls.at(-1) === 'update');
    it.annotate();
    late.open();
    await until(() => it.terms[0]!.remainingMs() === 10_000);
    await it.pass(2_000);
    expect(it.calls).toEqual(['get', 'create', 'update', 'get', 'update', 'update']);
    expect(it.terms).toHaveLength(1);
    it.terms[0]!.assertLeader();
  });
});
