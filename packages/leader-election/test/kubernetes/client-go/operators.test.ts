import { ConfigError, subscribe } from '@holdfast/core';
import { describe, expect, test } from 'vitest';
import { leaderElection } from '../../../src/election.ts';
import { startCluster, until } from '../environment.ts';
import { heldByOther, leads, name, scene } from './scene.ts';
import type { Scene } from './scene.ts';

describe('options', () => {
  test('[17] that are good are taken, and an empty identity is refused, before anything is asked', async () => {
    await using cluster = await startCluster();
    const store = cluster.store();
    const good = { name, store, leaseDurationMs: 10_000, renewDeadlineMs: 6_000, retryPeriodMs: 1_000 };
    expect(leaderElection({ ...good, identity: 'me' })).toMatchObject({ name, identity: 'me', isLeader: false });
    expect(() => leaderElection({ ...good, identity: '' })).toThrow(ConfigError);
    expect(() => leaderElection({ ...good, identity: '' })).toThrow(/identity.*""/);
    expect(cluster.api.seen).toEqual([]);
  });
});

describe('health', () => {
  test('[20] and all else that can be looked at agrees at every turn while the lease is renewed', async () => {
    await using it = await leads({ leaseDurationMs: 100, renewDeadlineMs: 30, retryPeriodMs: 5 });
    for (let turn = 0; turn < 1_000; turn += 1) {
      if (turn % 5 === 0) await it.clock.advance(1);
      if (turn % 50 === 0) it.annotate();
      await new Promise((next) => setImmediate(next));
      look(it);
    }
    await it.quiet();
    expect(it.calls.filter((call) => call === 'update').length).toBeGreaterThan(20);
  });

  /** What is looked at in one turn shows one state. */
  function look({ election, terms }: Scene): void {
    const { role, leader, remainingMs } = election.snapshot();
    expect(election.health()).toEqual({ healthy: true, message: '' });
    expect(leader).toEqual(election.leader() ?? null);
    if (!election.isLeader) return;
    expect({ role, self: leader?.isSelf }).toEqual({ role: 'leading', self: true });
    expect(terms.at(-1)!.remainingMs()).toBe(remainingMs);
    expect(terms.at(-1)!.signal.aborted).toBe(false);
    terms.at(-1)!.assertLeader();
  }

  test('[21] is good of an election that was never started', async () => {
    await using it = await scene();
    expect(it.election.health()).toEqual({ healthy: true, message: '' });
    await it.clock.advance(3_600_000);
    expect(it.election.health().healthy).toBe(true);
    expect(it.calls).toEqual([]);
  });

  test('[22] is bad when the lease expired long ago and its work goes on', async () => {
    await using it = await scene();
    const work = await leadsAndIsCutOff(it);
    await it.pass(60_000);
    expect(it.election.health()).toMatchObject({
      healthy: false,
      message: expect.stringMatching(/work of a term still runs \d+ ms/),
    });
    work.resolve();
    await until(() => it.election.health().healthy);
  });

  test('[23] is good when another’s lease expired long ago', async () => {
    await using it = await scene();
    it.put(heldByOther);
    it.start();
    await until(() => it.election.snapshot().watching);
    await it.cluster.api.close();
    await it.pass(60_000);
    expect(it.election.health()).toEqual({ healthy: true, message: '' });
  });

  test('[24] is good while the lease is renewed', async () => {
    await using it = await leads();
    await it.pass(60_000);
    expect(it.election.health({ toleranceMs: 0 })).toEqual({ healthy: true, message: '' });
  });

  test('[25] is good while the lease has expired within what is tolerated', async () => {
    await using it = await scene();
    const work = await leadsAndIsCutOff(it);
    await it.pass(15_000);
    expect(it.election.health({ toleranceMs: 0 }).healthy).toBe(true);
    await it.pass(1);
    expect(it.election.health({ toleranceMs: 0 }).healthy).toBe(false);
    await it.pass(19_999);
    expect(it.election.health().healthy).toBe(true);
    await it.pass(1);
    expect(it.election.health().healthy).toBe(false);
    work.resolve();
  });

  /** @returns the work of its term, which heeds nothing. */
  async function leadsAndIsCutOff(it: Scene): Promise<PromiseWithResolvers<void>> {
    const work = Promise.withResolvers<void>();
    it.start(() => work.promise);
    await until(() => it.election.isLeader);
    await it.cluster.api.close();
    return work;
  }
});

describe('events', () => {
  test('[28] say what became of which candidate', async () => {
    await using it = await scene();
    const told = it.listen();
    it.start();
    await until(() => it.election.isLeader);
    await it.election.stop();
    const [token] = it.terms.map((term) => term.token);
    expect(told.filter(({ type }) => type.startsWith('term.'))).toMatchObject([
      { type: 'term.started', election: name, identity: 'me', token },
      { type: 'term.ending', election: name, identity: 'me', token, reason: 'stopped' },
      { type: 'term.ended', election: name, identity: 'me', token },
    ]);
  });

  test('[29] change nothing when nobody listens, or who does throws', async () => {
    const calls: string[][] = [];
    for (const listen of [() => () => {}, () => subscribe(() => expect.unreachable('a listener that fails'))]) {
      const end = listen();
      await using it = await leads();
      await it.pass(2_000);
      await it.election.stop();
      calls.push(it.calls);
      end();
    }
    expect(calls).toEqual([calls[0], calls[0]]);
    expect(calls[0]).toEqual(['get', 'create', 'update', 'update']);
  });
});
