import { describe, expect, test } from 'vitest';
import { Fleet } from '../../test/sharding/fleet.ts';
import { leaderElection } from '../election.ts';
import { NotLeaderError } from '../not-leader-error.ts';
import type { Term } from '../term.ts';

const untilAborted = (term: Term): Promise<unknown> =>
  new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true }));

describe('a member', () => {
  test('alone has all shards within a retry period', async () => {
    const fleet = new Fleet({ shards: 16, delayMs: 10 });
    const a = fleet.join('a');
    await fleet.clock.advance(2_000);
    expect(a.shards()).toHaveLength(16);
    expect(fleet.moves).toBe(16);
    await fleet.stopAll();
    expect(fleet.clock.pendingTimers).toEqual([]);
  });

  test('that is stopped ends all work, releases all leases, and leaves nothing behind', async () => {
    const fleet = new Fleet({ shards: ['x', 'y'], windDownMs: 300 });
    const a = fleet.join('a');
    await fleet.clock.advance(5_000);
    expect(a.shards()).toEqual(['x', 'y']);

    const tookMs = fleet.leave('a');
    await fleet.clock.advance(1_000);

    expect(await tookMs).toBe(300);
    expect(a.shards()).toEqual([]);
    expect(await fleet.store.read('jobs.x', AbortSignal.any([]))).toMatchObject({ holder: '', handOffTo: '' });
    expect(fleet.stints.every(({ term }) => term.signal.reason instanceof NotLeaderError)).toBe(true);
    expect(fleet.clock.pendingTimers).toEqual([]);
    expect([...a.owners()]).toEqual([
      ['x', undefined],
      ['y', undefined],
    ]);
  });

  test('that leaves hands its shards to the others at once, evenly', async () => {
    const fleet = new Fleet({ shards: 12, delayMs: 10 });
    for (const identity of ['a', 'b', 'c']) fleet.join(identity);
    await fleet.clock.advance(10_000);
    expect(fleet.loads()).toEqual({ a: 4, b: 4, c: 4 });

    void fleet.leave('a');
    await fleet.clock.advance(250);

    expect(fleet.loads()).toEqual({ b: 6, c: 6 });
    await fleet.stopAll();
  });

  test('without a shard stands by, and takes the first that becomes free', async () => {
    const fleet = new Fleet({ shards: 2 });
    for (const identity of ['a', 'b', 'c']) fleet.join(identity);
    await fleet.clock.advance(10_000);
    const [standby] = Object.entries(fleet.loads()).find(([, load]) => load === 0)!;
    const [holder] = Object.entries(fleet.loads()).find(([, load]) => load === 1)!;
    void fleet.leave(holder);
    await fleet.clock.advance(250);
    expect(fleet.loads()[standby]).toBe(1);
    expect(fleet.moves).toBe(3);
    await fleet.stopAll();
  });

  test('that cannot read all shards asks for none before a retry period, and is not kept waiting by one', async () => {
    const fleet = new Fleet({ shards: 4 });
    fleet.join('a');
    await fleet.clock.advance(5_000);
    const { store } = fleet;
    const never = new Promise<undefined>(() => {});
    const b = fleet.join('b', {
      store: { ...store, read: (name, signal) => (name === 'jobs.3' ? never : store.read(name, signal)) },
    });
    await fleet.clock.advance(1_900);
    expect(b.shards()).toEqual([]);
    await fleet.clock.advance(1_100);
    expect(b.shards()).toHaveLength(1); // it knows of three that a has, and of itself
    await fleet.stopAll();
  });

  test('that starts again under its name asks nobody while its old leases last, and has its share soon after', async () => {
    const fleet = new Fleet({ shards: 6 });
    for (const identity of ['a', 'b']) fleet.join(identity);
    await fleet.clock.advance(10_000);
    fleet.crash('a');
    await fleet.clock.advance(1_000);
    const before = fleet.moves;
    fleet.join('a');
    await fleet.clock.advance(10_000);
    expect(fleet.moves).toBe(before);
    await fleet.clock.advance(10_000);
    expect(fleet.loads()).toEqual({ a: 3, b: 3 });
    await fleet.stopAll();
    expect(fleet.faults).toEqual([]);
  });
});

test.each([2, 3, 4, 6])(
  '%i members that start within a second share evenly, with few moves and long before a lease expires',
  async (members) => {
    const fleet = new Fleet({ shards: 16, delayMs: 20 });
    for (let index = 0; index < members; index++) {
      fleet.join();
      await fleet.clock.advance(1_000 / members);
    }
    expect(await fleet.untilEven(15_000)).toBeLessThan(4_000);
    expect(fleet.moves).toBeLessThanOrEqual(16 + 8);
    await fleet.stopAll();
    expect(fleet.faults).toEqual([]);
  },
);

test('a thousand shards are one member’s within a retry period, too', async () => {
  const fleet = new Fleet({ shards: 1_000 });
  const a = fleet.join('a');
  await fleet.clock.advance(2_000);
  expect(a.shards()).toHaveLength(1_000);
  await fleet.stopAll();
}, 30_000);

describe('the work of a shard', () => {
  test('that throws is told with its shard, and the others go on', async () => {
    const fleet = new Fleet({ shards: 2 });
    const a = fleet.join('a');
    await fleet.stopAll();
    const [failures, begun]: [string[], string[]] = [[], []];
    a.start(
      async (shard, term) => {
        begun.push(shard);
        if (shard === '0' && begun.length < 3) throw new Error('broken');
        await untilAborted(term);
      },
      {
        onFailure: (error, shard) => {
          failures.push(`${shard}: ${(error as Error).message}`);
          throw new Error('of the callback');
        },
      },
    );
    await fleet.clock.advance(10_000);
    expect(failures).toEqual(['0: broken']);
    expect(begun.filter((shard) => shard === '1')).toEqual(['1']);
    expect(a.shards()).toEqual(['0', '1']);
    await Promise.all([a.stop(), fleet.clock.advance(1_000)]);
  });

  test('that does not end is waited for as long as the drain allows, and never begun again beside itself', async () => {
    const fleet = new Fleet({ shards: 1 });
    const a = fleet.join('a');
    await fleet.stopAll();
    const end = Promise.withResolvers<void>();
    let begun = 0;
    const work = (): Promise<void> => (begun++ === 0 ? end.promise : Promise.resolve());
    const run = a.run(work);
    await fleet.clock.advance(1_000);
    void a.stop();
    await fleet.clock.advance(9_900);
    expect(a.snapshot().shards[0]!.role).toBe('draining');
    await fleet.clock.advance(200);
    await run;

    const again = new AbortController();
    const second = a.run(work, { signal: again.signal });
    await fleet.clock.advance(30_000);
    expect(begun).toBe(1);
    end.resolve();
    await fleet.clock.advance(1_000);
    expect(begun).toBe(2);
    again.abort();
    await Promise.all([second, fleet.clock.advance(1_000)]);
  });
});

describe('what a member says', () => {
  test('names the owners of all shards, and counts those of each member', async () => {
    const fleet = new Fleet({ shards: 4 });
    const [a, b] = [fleet.join('a'), fleet.join('b')];
    await fleet.clock.advance(5_000);
    const ownedByA = [...b.owners()].filter(([, leader]) => leader?.identity === 'a').map(([shard]) => shard);
    expect(ownedByA).toEqual(a.shards());
    const snapshot = b.snapshot();
    expect(snapshot).toMatchObject({
      election: 'jobs',
      kind: 'shardedElection',
      store: 'memory',
      identity: 'b',
      members: { a: 2, b: 2 },
    });
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot.shards.filter(({ role }) => role === 'leading').map(({ shard }) => shard)).toEqual(b.shards());
    await fleet.stopAll();
  });

  test('is unhealthy only while work runs long after its lease expired', async () => {
    const fleet = new Fleet({ shards: 2, windDownMs: 100_000 });
    const a = fleet.join('a', { drainTimeoutMs: Number.POSITIVE_INFINITY });
    await fleet.clock.advance(5_000);
    expect(a.health()).toEqual({ healthy: true, message: '' });
    fleet.cut('a');
    await fleet.clock.advance(40_000);
    expect(a.health()).toMatchObject({
      healthy: false,
      message: expect.stringMatching(/^shard 0: the work of a term still runs/) as string,
    });
    expect(a.health({ toleranceMs: 60_000 }).healthy).toBe(true);
    await fleet.clock.advance(100_000);
    fleet.mend('a');
    await fleet.clock.advance(30_000);
    void a.stop();
    await fleet.clock.advance(200_000);
  });
});

describe('a run', () => {
  test('is refused while another goes on, for work that is none, and for an identity that takes part already', async () => {
    const fleet = new Fleet({ shards: 2 });
    const a = fleet.join('a');
    await expect(a.run(async () => {})).rejects.toThrow('option identity');
    expect(() => a.start('work' as never)).toThrow('option work must be a function (shard, term)');
    const plain = leaderElection({ name: 'jobs.1', identity: 'b', store: fleet.store, clock: fleet.clock });
    plain.start(untilAborted);
    const b = fleet.join('c');
    expect(b.name).toBe('jobs');
    expect(b.identity).toBe('c');
    await fleet.stopAll();
    await Promise.all([plain.stop(), fleet.clock.advance(1_000)]);
  });

  test('does not begin when its signal has aborted, and stops when it does; so does the end of a block', async () => {
    const fleet = new Fleet({ shards: 2 });
    const a = fleet.join('a');
    await fleet.stopAll();
    await a.run(async () => expect.unreachable(), { signal: AbortSignal.abort() });
    const shutdown = new AbortController();
    const run = a.run((_shard, term) => untilAborted(term), { signal: shutdown.signal });
    await fleet.clock.advance(3_000);
    expect(a.shards()).toHaveLength(2);
    shutdown.abort();
    await Promise.all([run, fleet.clock.advance(1_000)]);
    a.start((_shard, term) => untilAborted(term));
    await Promise.all([a[Symbol.asyncDispose](), fleet.clock.advance(1_000)]);
    expect(a.shards()).toEqual([]);
    await a.stop();
  });
});
