import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import type { LeaderElectionOptions } from '../../src/election-options.ts';
import { leaderElection } from '../../src/election.ts';
import type { LeaderElection } from '../../src/election.ts';
import type { Term } from '../../src/term.ts';
import { gate, startCluster, until } from './environment.ts';
import type { Cluster } from './environment.ts';

// The scenarios of client-go's own tests (kubernetes/client-go, tools/leaderelection/*_test.go), told anew over a server: what is on
// the wire, and who leads. Time stands still until a test moves it; the sockets are real.

const [namespace, name] = ['default', 'demo'];

/** An election on a server, and a virtual clock for it. */
class Scene {
  readonly clock: VirtualClock = new VirtualClock();
  readonly terms: Term[] = [];
  readonly cluster: Cluster;
  readonly election: LeaderElection;

  constructor(cluster: Cluster, options: Partial<LeaderElectionOptions> = {}) {
    this.cluster = cluster;
    const { clock } = this;
    const wallClock = (): number => 1_800_000_000_000 + clock.now();
    const store = cluster.store();
    this.election = leaderElection({ name, identity: 'me', store, clock, wallClock, random: () => 0, ...options });
  }

  start(): void {
    this.election.start(async (term) => {
      this.terms.push(term);
      await new Promise((ended) => term.signal.addEventListener('abort', ended));
    });
  }

  /** What was asked of the server, the watch left out, in client-go's words. */
  get calls(): string[] {
    const verbs: Record<string, string> = { GET: 'get', POST: 'create', PUT: 'update' };
    return this.cluster.api.seen.filter(({ url }) => !url.includes('watch=')).map(({ method }) => verbs[method] ?? method);
  }

  get spec(): Readonly<Record<string, unknown>> {
    return this.cluster.api.storage.get(namespace, name)!.spec;
  }

  /** Another writes the lease. */
  put(spec: Record<string, unknown>, annotations?: Record<string, string>): void {
    const metadata = { ...this.cluster.api.storage.get(namespace, name)?.metadata, name, namespace };
    this.cluster.api.storage.put({ metadata: annotations === undefined ? metadata : { ...metadata, annotations }, spec });
  }

  /** Annotates the lease, as an operator does: another revision, and nothing else. */
  annotate(): void {
    const { metadata, spec } = this.cluster.api.storage.get(namespace, name)!;
    const annotations = metadata['annotations'] as Record<string, string>;
    this.cluster.api.storage.put({
      metadata: { ...metadata, annotations: { ...annotations, note: String(this.calls.length) } },
      spec,
    });
  }

  async stop(): Promise<void> {
    await this.election.stop();
  }
}

const heldByOther = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: '2026-05-01T10:00:00.000000Z',
  renewTime: '2026-05-01T10:00:00.000000Z',
  leaseTransitions: 0,
};

async function scene(options?: Partial<LeaderElectionOptions>): Promise<Scene & AsyncDisposable> {
  const cluster = await startCluster();
  const made = new Scene(cluster, options);
  return Object.assign(made, {
    async [Symbol.asyncDispose]() {
      await made.stop();
      await cluster[Symbol.asyncDispose]();
    },
  });
}

describe('tryAcquireOrRenew', () => {
  test('acquires where there is no object', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'create']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0, leaseDurationSeconds: 15 });
    expect(it.election.leader()).toMatchObject({ identity: 'me', isSelf: true });
  });

  test('acquires an object without a record', async () => {
    await using it = await scene();
    it.put({});
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
  });

  test('waits for the duration in the record, not for its own', async () => {
    await using it = await scene({ leaseDurationMs: 10_000, renewDeadlineMs: 6_000, retryPeriodMs: 1_000 });
    it.put({ ...heldByOther, leaseDurationSeconds: 3 });
    it.start();
    await until(() => it.election.leader() !== undefined);
    expect(it.calls).toEqual(['get']);
    await it.clock.advance(2_999);
    expect(it.election.isLeader).toBe(false);
    await it.clock.advance(1);
    await until(() => it.election.isLeader);
    expect(it.calls.at(-1)).toBe('update');
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1, leaseDurationSeconds: 10 });
  });

  test('acquires from a record without a holder', async () => {
    await using it = await scene();
    it.put({ ...heldByOther, holderIdentity: '' });
    it.start();
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'update']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
  });

  test('acquires what another holds and has not renewed', async () => {
    await using it = await scene();
    it.put(heldByOther);
    it.start();
    await until(() => it.election.leader() !== undefined);
    await it.clock.advance(60_000);
    await until(() => it.election.isLeader);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
  });

  test('acquires at once what loses its holder, though its time is not over', async () => {
    await using it = await scene();
    it.put(heldByOther);
    it.start();
    await until(() => it.election.snapshot().watching);
    it.put({ ...heldByOther, holderIdentity: '' });
    await until(() => it.election.leader() === undefined);
    await it.clock.advance(0);
    await until(() => it.election.isLeader);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
    expect(it.clock.now()).toBe(0);
  });

  test('leaves alone what another holds, whatever its times say', async () => {
    await using it = await scene();
    it.put({ ...heldByOther, renewTime: '2126-05-01T10:00:00.000000Z' });
    it.start();
    await until(() => it.election.leader() !== undefined);
    await it.clock.advance(10_000);
    await until(() => it.election.snapshot().watching);
    expect(it.calls.every((call) => call === 'get')).toBe(true);
    expect(it.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 0 });
  });

  test('renews what is its own, and takes what bears its name but is not its own for another’s', async () => {
    await using it = await scene();
    it.put({ ...heldByOther, holderIdentity: 'me' });
    it.start();
    await until(() => it.election.leader() !== undefined);
    expect(it.calls).toEqual(['get']);
    expect(it.election.leader()).toMatchObject({ identity: 'me', isSelf: false });
    await it.clock.advance(15_000);
    await until(() => it.election.isLeader);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
    const before = it.calls.length;
    await it.clock.advance(2_000);
    await until(() => it.calls.length > before);
    expect(it.calls.at(-1)).toBe('update');
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
  });
});

describe('the fast path', () => {
  test('renews without reading', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    for (const count of [3, 4]) {
      await it.clock.advance(2_000);
      await until(() => it.calls.length === count);
      await until(() => it.terms[0]!.remainingMs() === 10_000);
    }
    expect(it.calls).toEqual(['get', 'create', 'update', 'update']);
  });

  test('reads after a conflict, and goes on with the same term', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    it.annotate();
    await it.clock.advance(2_000);
    await until(() => it.calls.length >= 5 || (it.terms[0]!.remainingMs() === 10_000 && it.calls.length >= 3));
    await until(() => it.terms[0]!.remainingMs() === 10_000);
    // The watch may have told of the new revision before the renewal was sent; without it there is a conflict and a read.
    expect([
      ['get', 'create', 'update'],
      ['get', 'create', 'update', 'get', 'update'],
    ]).toContainEqual(it.calls);
    expect(it.terms).toHaveLength(1);
    it.terms[0]!.assertLeader();
  });
});

describe('release', () => {
  test('empties the holder and keeps the rest', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    await it.stop();
    expect(it.calls).toEqual(['get', 'create', 'update']);
    expect(it.spec).toMatchObject({ leaseTransitions: 0, leaseDurationSeconds: 15 });
    expect(it.spec['holderIdentity'] ?? '').toBe('');
    expect(it.election.leader()).toBeUndefined();
  });

  test('after a conflict reads, and releases what is still its own', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    it.annotate();
    await it.stop();
    expect(it.spec['holderIdentity'] ?? '').toBe('');
  });

  test('after a conflict reads, and leaves alone what another has taken meanwhile', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    const taken = gate();
    it.cluster.api.fault({ on: 'PUT', before: taken.opened });
    const stopped = it.stop();
    await until(() => it.calls.at(-1) === 'update');
    it.put({ ...heldByOther, leaseTransitions: 1 });
    taken.open();
    await stopped;
    expect(it.calls).toEqual(['get', 'create', 'update', 'get']);
    expect(it.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
  });

  test('waits for a renewal that is under way', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    const answered = gate();
    it.cluster.api.fault({ on: 'PUT', after: answered.opened });
    await it.clock.advance(2_000);
    await until(() => it.calls.length === 3);
    const stopped = it.stop();
    expect(it.terms[0]!.signal.aborted).toBe(true);
    answered.open();
    await stopped;
    expect(it.calls).toEqual(['get', 'create', 'update', 'update']);
    expect(it.spec['holderIdentity'] ?? '').toBe('');
  });

  test('waits for a read that is under way', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    const answered = gate();
    it.cluster.api.fault({ on: 'PUT', reply: { status: 500, body: 'etcd was slow' } });
    it.cluster.api.fault({ on: 'GET', after: answered.opened });
    await it.clock.advance(2_000);
    await until(() => it.calls.length === 3 && it.cluster.api.open <= 1);
    await it.clock.advance(2_000);
    await until(() => it.calls.at(-1) === 'get');
    const stopped = it.stop();
    answered.open();
    await stopped;
    expect(it.spec['holderIdentity'] ?? '').toBe('');
  });
});

describe('what client-go has no test for', () => {
  test('the answer to the creation is lost: the lease is known for its own', async () => {
    await using it = await scene();
    it.cluster.api.fault({ on: 'POST', reply: 'drop' });
    it.start();
    await until(() => it.calls.length === 2 && it.cluster.api.open <= 1);
    await until(() => it.election.snapshot().claims === 1);
    await it.clock.advance(5_000);
    await until(() => it.election.isLeader);
    expect(it.calls).toEqual(['get', 'create', 'get']);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 0 });
  });

  test('the answer to a renewal is lost: neither the term nor the token changes', async () => {
    await using it = await scene();
    it.start();
    await until(() => it.election.isLeader);
    it.cluster.api.fault({ on: 'PUT', reply: 'drop' });
    await it.clock.advance(2_000);
    await until(() => it.calls.length === 3 && it.cluster.api.open <= 1);
    await it.clock.advance(4_000);
    await until(() => it.calls.length >= 5);
    await until(() => it.terms[0]!.remainingMs() > 8_000);
    expect(it.terms).toHaveLength(1);
    expect(it.calls.slice(0, 5)).toEqual(['get', 'create', 'update', 'get', 'update']);
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
});
