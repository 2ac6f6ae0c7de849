import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError, isHoldfastError, subscribe } from '@holdfast/core';
import type { HoldfastEvent } from '@holdfast/core';
import { seededRandom, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import type { LeaderElectionOptions } from './election-options.ts';
import { leaderElection } from './election.ts';
import type { LeaderElection } from './election.ts';
import { memoryLease } from './memory/memory-lease.ts';
import type { MemoryLease } from './memory/memory-lease.ts';
import { NotLeaderError } from './not-leader-error.ts';
import { LeaseStoreError } from './store.ts';
import type { LeaseStore } from './store.ts';
import type { Term } from './term.ts';

/** One clock, one store, and candidates that log what they do. */
class Town {
  readonly clock: VirtualClock = new VirtualClock();
  readonly store: MemoryLease = memoryLease();
  readonly log: string[] = [];
  /** What the wall clock says beyond the monotonic one. */
  aheadMs = 1_700_000_000_000;

  candidate(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection {
    return leaderElection({
      name: 'billing',
      identity,
      store: this.store,
      clock: this.clock,
      wallClock: () => this.aheadMs + this.clock.now(),
      random: seededRandom(1),
      ...options,
    });
  }

  /** Work that goes on until its signal aborts. */
  untilAborted(identity: string, terms: Term[] = []): (term: Term) => Promise<void> {
    return async (term) => {
      terms.push(term);
      this.log.push(`${identity} leads`);
      await aborted(term.signal);
      this.log.push(`${identity} stops`);
    };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** A store whose requests wait, or fail, as a test says. */
function between(store: LeaseStore, hinder: (kind: 'read' | 'write', signal: AbortSignal) => Promise<void> | void): LeaseStore {
  return {
    kind: store.kind,
    async read(name, signal) {
      await hinder('read', signal);
      return store.read(name, signal);
    },
    async write(name, seen, next, signal) {
      await hinder('write', signal);
      return store.write(name, seen, next, signal);
    },
  };
}

function eventsIn(run: () => Promise<void>): Promise<HoldfastEvent[]> {
  const events: HoldfastEvent[] = [];
  const end = subscribe((event) => void events.push(event));
  return run().then(() => {
    end();
    return events;
  });
}

describe('a campaign', () => {
  test('leads at once where nobody does, renews, and releases when it is stopped', async () => {
    const town = new Town();
    const a = town.candidate('a');
    const run = a.run(town.untilAborted('a'));
    await town.clock.advance(60_000);
    expect(a.isLeader).toBe(true);
    expect(a.leader()).toEqual({ identity: 'a', isSelf: true, acquiredAtMs: town.aheadMs, transitions: 0 });

    const stopped = a.stop();
    await town.clock.advance(0);
    await stopped;
    await run;

    expect(town.log).toEqual(['a leads', 'a stops']);
    expect(a.isLeader).toBe(false);
    expect(await town.store.read('billing', AbortSignal.any([]))).toMatchObject({ holder: '', transitions: 0 });
    expect(town.clock.pendingTimers).toEqual([]);
  });

  test('hands over to another as soon as it is stopped, with a greater token', async () => {
    const town = new Town();
    const terms: Term[] = [];
    const [a, b] = [town.candidate('a'), town.candidate('b')];
    a.start(town.untilAborted('a', terms));
    await town.clock.advance(100);
    b.start(town.untilAborted('b', terms));
    await town.clock.advance(5_000);

    void a.stop();
    await town.clock.advance(100);

    expect(town.log).toEqual(['a leads', 'a stops', 'b leads']);
    expect(terms[1]!.token).toBeGreaterThan(terms[0]!.token);
    expect(b.leader()).toMatchObject({ identity: 'b', transitions: 1 });
    await Promise.all([b.stop(), town.clock.advance(100)]);
  });

  test('waits until a crashed leader has been silent for the duration of its lease', async () => {
    const town = new Town();
    let cut = false;
    const store = between(town.store, () => (cut ? new Promise<void>(() => {}) : undefined));
    const a = town.candidate('a', { store });
    a.start(town.untilAborted('a'));
    await town.clock.advance(10_000);
    const b = town.candidate('b');
    b.start(town.untilAborted('b'));
    await town.clock.advance(1_000);

    cut = true;
    await town.clock.advance(9_000);
    expect(town.log).toEqual(['a leads']);
    await town.clock.advance(1_500); // 10 s after its last renewal was sent, at the latest
    expect(town.log).toEqual(['a leads', 'a stops']);
    await town.clock.advance(5_000); // 15 s after it was seen
    expect(town.log).toEqual(['a leads', 'a stops', 'b leads']);
    await Promise.all([b.stop(), a.stop(), town.clock.advance(20_000)]);
  });

  test('stops when its signal aborts, and does not begin when it has', async () => {
    const town = new Town();
    const shutdown = new AbortController();
    const run = town.candidate('a').run(town.untilAborted('a'), { signal: shutdown.signal });
    await town.clock.advance(10);
    shutdown.abort();
    await Promise.all([run, town.clock.advance(0)]);
    expect(town.log).toEqual(['a leads', 'a stops']);

    await town.candidate('b').run(town.untilAborted('b'), { signal: shutdown.signal });
    expect(town.log).toEqual(['a leads', 'a stops']);
    expect(town.clock.pendingTimers).toEqual([]);
  });

  test('runs the work in the async context of whoever called run', async () => {
    const town = new Town();
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const a = town.candidate('a');
    const run = context.run('mine', () => a.run(() => void seen.push(context.getStore())));
    await town.clock.advance(10_000);
    await Promise.all([a.stop(), run, town.clock.advance(10)]);
    expect(new Set(seen)).toEqual(new Set(['mine']));
    expect(seen.length).toBeGreaterThan(1);
  });

  test('begins again after work that fails, later each time, and says what failed', async () => {
    const town = new Town();
    const failures: unknown[] = [];
    const begun: number[] = [];
    const a = town.candidate('a');
    const work = (): void => {
      begun.push(town.clock.now());
      throw new Error(`failure ${begun.length}`);
    };
    const events = await eventsIn(async () => {
      a.start(work, { onFailure: (error) => void failures.push((error as Error).message) });
      await town.clock.advance(20_000);
      await Promise.all([a.stop(), town.clock.advance(10)]);
    });
    expect(begun.slice(0, 4)).toEqual([0, 2_000, 6_000, 14_000]);
    expect(failures.slice(0, 2)).toEqual(['failure 1', 'failure 2']);
    expect(events.filter(({ type }) => type === 'term.failed')).toHaveLength(begun.length);
    expect(events.find(({ type }) => type === 'term.ended')).toMatchObject({
      reason: 'failed',
      election: 'billing',
      identity: 'a',
    });
  });

  test.each([
    ['throws', fail],
    ['rejects', async () => fail()],
  ])('an onFailure that %s changes nothing', async (_, onFailure) => {
    const town = new Town();
    let terms = 0;
    const a = town.candidate('a');
    const work = (): never => {
      terms++;
      throw new Error('work');
    };
    a.start(work, { onFailure });
    await town.clock.advance(3_000);
    expect(terms).toBe(2);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('keeps the lease while work takes its time to end, and gives it up when that is too long', async () => {
    const town = new Town();
    const slow = Promise.withResolvers<void>();
    const [a, b] = [town.candidate('a'), town.candidate('b')];
    const run = a.run(() => slow.promise);
    await town.clock.advance(100);
    b.start(town.untilAborted('b'));
    await town.clock.advance(1_000);
    let ended = false;
    void a.stop().then(() => (ended = true));
    await town.clock.advance(9_900);
    expect([ended, town.log]).toEqual([false, []]);

    await town.clock.advance(200);
    await run;
    expect([ended, town.log]).toEqual([true, []]); // not released: the work may still be writing
    await town.clock.advance(15_500);
    expect(town.log).toEqual(['b leads']);
    slow.resolve();
    await Promise.all([b.stop(), town.clock.advance(10)]);
  });

  test('a run after one that was stopped without waiting for its work waits for it', async () => {
    const town = new Town();
    const slow = Promise.withResolvers<void>();
    const a = town.candidate('a', { drainTimeoutMs: 0 });
    a.start(() => slow.promise);
    await town.clock.advance(10);
    await Promise.all([a.stop(), town.clock.advance(10)]);

    a.start(town.untilAborted('a'));
    await town.clock.advance(30_000);
    expect(town.log).toEqual([]);
    slow.resolve();
    await town.clock.advance(10);
    expect(town.log).toEqual(['a leads']);
    await Promise.all([a.stop(), town.clock.advance(10)]);

    a.start(() => new Promise(() => {}));
    await town.clock.advance(10);
    await Promise.all([a.stop(), town.clock.advance(10)]);
    a.start(town.untilAborted('a'));
    await a.stop(); // before it could begin
    expect(town.clock.pendingTimers).toEqual([]);
  });

  test('may be started again as soon as it has stopped, and after a start that came to nothing', async () => {
    const town = new Town();
    const a = town.candidate('a', { requestTimeoutMs: 1 });
    a.start(town.untilAborted('a'), { signal: AbortSignal.abort() });
    a.start(town.untilAborted('a'));
    await town.clock.advance(10);
    const stopped = (async () => {
      await a.stop();
      a.start(town.untilAborted('a'));
    })();
    await town.clock.advance(10);
    await stopped;
    await town.clock.advance(10);
    expect(town.log).toEqual(['a leads', 'a stops', 'a leads']);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('refuses a second run, and a second candidate of the same name, in one process', async () => {
    const town = new Town();
    const a = town.candidate('a');
    a.start(town.untilAborted('a'));
    await expect(a.run(town.untilAborted('a'))).rejects.toThrow(ConfigError);
    expect(() => a.start(town.untilAborted('a'))).toThrow('identity');
    expect(() => town.candidate('a').start(town.untilAborted('a'))).toThrow('identity');
    await Promise.all([a.stop(), town.clock.advance(10)]);
    a.start(town.untilAborted('a'));
    await Promise.all([a.stop(), town.clock.advance(10)]);
    await a.stop();
  });

  test('refuses work that is no function, and options it does not know', async () => {
    const a = new Town().candidate('a');
    await expect(a.run(undefined as never)).rejects.toThrow('billing: option work must be a function');
    await expect(a.run(() => {}, { sginal: 1 } as never)).rejects.toThrow('sginal');
    expect(() => a.start(() => {}, { signal: {} as never })).toThrow('signal must be an AbortSignal');
    await expect(a.run(() => {}, { onFailure: 1 as never })).rejects.toThrow('onFailure');
  });

  test('is disposed of like anything else that holds something', async () => {
    const town = new Town();
    {
      await using a = town.candidate('a', { requestTimeoutMs: 1 });
      a.start(() => {});
      await town.clock.advance(0);
    }
    expect(town.clock.pendingTimers).toEqual([]);
  });

  test('being disposed of ends who observes it, whether it takes part or not', async () => {
    const town = new Town();
    const read = async (election: LeaderElection): Promise<string> => {
      for await (const leader of election.observe()) town.log.push(leader?.identity ?? 'nobody');
      return 'over';
    };
    const [a, watcher] = [town.candidate('a'), town.candidate('watcher')];
    const reads = [read(a), read(watcher)];
    const busy = watcher.observe(); // in the body of its loop, and asks for nothing
    const first = busy.next();
    a.start((term) => aborted(term.signal));
    await town.clock.advance(10);
    await first;

    const disposals = Promise.all([a[Symbol.asyncDispose](), watcher[Symbol.asyncDispose]()]);
    await town.clock.advance(10);
    await disposals;

    expect(await Promise.all(reads)).toEqual(['over', 'over']);
    expect([a, watcher].map((election) => election.snapshot().role)).toEqual(['idle', 'idle']);
    expect((await busy.next()).done).toBe(true);
    expect(town.clock.pendingTimers).toEqual([]);
  });
});

describe('a term', () => {
  test('asserts, until it is over', async () => {
    const town = new Town();
    const terms: Term[] = [];
    const a = town.candidate('a');
    a.start(town.untilAborted('a', terms));
    await town.clock.advance(500);
    const term = terms[0]!;
    term.assertLeader();
    expect(term.remainingMs()).toBe(9_500);

    town.clock.stall(9_600);
    const error = caught(() => term.assertLeader());
    expect(error).toBeInstanceOf(NotLeaderError);
    expect(isHoldfastError(error, 'HOLDFAST_NOT_LEADER') && error.reason).toBe('lapsed');
    expect((error as NotLeaderError).lapsedByMs).toBe(100);
    expect(term.signal.aborted).toBe(false); // nothing else has run yet
    await town.clock.advance(0);
    expect(term.signal.reason).toBeInstanceOf(NotLeaderError);
    expect(term.remainingMs()).toBe(0);
    await Promise.all([a.stop(), town.clock.advance(10)]);
    expect(caught(() => term.assertLeader())).toMatchObject({ reason: 'lapsed' });
  });

  test('still asserts while its work ends after a stop, for the lease is still held', async () => {
    const town = new Town();
    const a = town.candidate('a');
    const results: unknown[] = [];
    a.start(async (term) => {
      await aborted(term.signal);
      results.push(caught(() => term.assertLeader()));
      results.push((term.signal.reason as NotLeaderError).reason);
    });
    await town.clock.advance(10);
    await Promise.all([a.stop(), town.clock.advance(10)]);
    expect(results).toEqual([undefined, 'stopped']);
  });

  test('is uncertain after the machine slept, until a renewal succeeds', async () => {
    const town = new Town();
    const terms: Term[] = [];
    const a = town.candidate('a');
    a.start(town.untilAborted('a', terms));
    await town.clock.advance(500);
    const term = terms[0]!;

    town.aheadMs += 3_600_000;
    expect(caught(() => term.assertLeader())).toMatchObject({ reason: 'uncertain' });
    await town.clock.advance(0);

    term.assertLeader();
    expect(term.signal.aborted).toBe(false);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('guards a client, and runs work between two assertions', async () => {
    const town = new Town();
    const a = town.candidate('a');
    const out: unknown[] = [];
    class Client {
      readonly #rows = ['row'];
      readonly label = 'client';
      query(): readonly string[] {
        return this.#rows;
      }
    }
    const client = new Client();
    a.start(async (term) => {
      const guarded = term.guard(client);
      out.push(guarded.query(), guarded.label, guarded.query === guarded.query);
      out.push(await term.run((signal) => signal === term.signal));
      await aborted(term.signal);
      town.clock.stall(20_000);
      out.push(caught(() => guarded.query()));
      out.push(await term.run(() => 1).catch((error: unknown) => error));
    });
    await town.clock.advance(10);
    await Promise.all([a.stop(), town.clock.advance(10)]);
    expect(out.slice(0, 4)).toEqual([['row'], 'client', true, true]);
    expect(out[4]).toMatchObject({ code: 'HOLDFAST_NOT_LEADER' });
    expect(out[5]).toMatchObject({ code: 'HOLDFAST_NOT_LEADER' });
  });

  test('a result that came too late is not taken for the leader’s', async () => {
    const town = new Town();
    const a = town.candidate('a');
    let result: unknown;
    a.start(async (term) => {
      result = await term.run(() => town.clock.stall(10_001)).catch((error: unknown) => error);
    });
    await town.clock.advance(10);
    await Promise.all([a.stop(), town.clock.advance(10)]);
    expect(result).toMatchObject({ reason: 'lapsed' });
  });
});

describe('resigning', () => {
  test('gives the lease to the candidate that was named', async () => {
    const town = new Town();
    const [a, b, c] = ['a', 'b', 'c'].map((identity) => town.candidate(identity)) as [
      LeaderElection,
      LeaderElection,
      LeaderElection,
    ];
    a.start(town.untilAborted('a'));
    await town.clock.advance(10);
    b.start(town.untilAborted('b'));
    c.start(town.untilAborted('c'));
    await town.clock.advance(1_000);
    expect(b.resign()).toBe(false);

    expect(a.resign({ to: 'c' })).toBe(true);
    await town.clock.advance(1_000);

    expect(town.log).toEqual(['a leads', 'a stops', 'c leads']);
    expect(() => a.resign({ to: 1 as never })).toThrow(ConfigError);
    await Promise.all([a.stop(), b.stop(), c.stop(), town.clock.advance(100)]);
  });

  test('a preferred candidate is handed the lease when it comes back', async () => {
    const town = new Town();
    const [spare, main] = [town.candidate('spare', { rank: 1 }), town.candidate('main')];
    spare.start(town.untilAborted('spare'));
    await town.clock.advance(5_000);
    main.start(town.untilAborted('main'));
    await town.clock.advance(5_000);
    expect(town.log).toEqual(['spare leads', 'spare stops', 'main leads']);
    await town.clock.advance(60_000);
    expect(town.log).toHaveLength(3);
    await Promise.all([spare.stop(), main.stop(), town.clock.advance(100)]);
  });
});

describe('observing', () => {
  test('tells the leaders as they come, and takes no part', async () => {
    const town = new Town();
    const seen: (string | undefined)[] = [];
    const watcher = town.candidate('watcher');
    const end = new AbortController();
    const reading = (async () => {
      for await (const leader of watcher.observe({ signal: end.signal })) seen.push(leader?.identity);
    })();
    await town.clock.advance(60_000);
    const a = town.candidate('a');
    a.start(town.untilAborted('a'));
    await town.clock.advance(1_000);
    await Promise.all([a.stop(), town.clock.advance(1_000)]);
    expect(seen).toEqual([undefined, 'a', undefined]);
    expect(watcher.snapshot()).toMatchObject({ role: 'following', claims: 0, leader: null, watching: true });

    end.abort();
    await reading;
    expect(watcher.snapshot().role).toBe('idle');
    expect(town.clock.pendingTimers).toEqual([]);
  });

  test('goes on when the campaign beside it ends, and ends when the loop is left', async () => {
    const town = new Town();
    const a = town.candidate('a');
    const leaders = a.observe();
    const first = leaders.next();
    await town.clock.advance(10);
    expect((await first).value).toBeUndefined();
    a.start(town.untilAborted('a'));
    await town.clock.advance(10);
    expect((await leaders.next()).value).toMatchObject({ identity: 'a' });
    const second = leaders.next();
    await Promise.all([a.stop(), town.clock.advance(10)]);
    expect((await second).value).toBeUndefined();
    expect(a.snapshot().role).toBe('following');
    await leaders.return?.();
    await town.clock.advance(0);
    expect(a.snapshot().role).toBe('idle');
  });

  test('an aborted signal gives nothing', async () => {
    const a = new Town().candidate('a');
    expect(await a.observe({ signal: AbortSignal.abort() }).next()).toEqual({ value: undefined, done: true });
  });
});

describe('what an operator sees', () => {
  test('a snapshot of plain data', async () => {
    const town = new Town();
    const a = town.candidate('a');
    expect(a.snapshot()).toEqual({
      election: 'billing',
      kind: 'leaderElection',
      store: 'memory',
      identity: 'a',
      role: 'idle',
      token: null,
      remainingMs: 0,
      leader: null,
      watching: false,
      claims: 0,
    });
    a.start(town.untilAborted('a'));
    await town.clock.advance(500);
    expect(JSON.parse(JSON.stringify(a.snapshot()))).toMatchObject({
      role: 'leading',
      token: '1',
      remainingMs: 9_500,
      watching: true,
    });
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('is unhealthy only when work runs on long after its lease has expired', async () => {
    const town = new Town();
    const slow = Promise.withResolvers<void>();
    let cut = false;
    const store = between(town.store, () => (cut ? new Promise<void>(() => {}) : undefined));
    const a = town.candidate('a', { store });
    expect(a.health()).toEqual({ healthy: true, message: '' });
    a.start(() => slow.promise);
    await town.clock.advance(10);
    cut = true;
    await town.clock.advance(34_900);
    expect(a.health().healthy).toBe(true);
    expect(a.health({ toleranceMs: 0 }).healthy).toBe(false);
    await town.clock.advance(1_000);
    expect(a.health()).toEqual({
      healthy: false,
      message: expect.stringMatching(/^the work of a term still runs 2\d{4} ms after/),
    });
    slow.resolve();
    await town.clock.advance(0);
    expect(a.health().healthy).toBe(true);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('is unhealthy also when the work was left behind by a stop', async () => {
    const town = new Town();
    const slow = Promise.withResolvers<void>();
    const a = town.candidate('a', { drainTimeoutMs: 0 });
    const events = await eventsIn(async () => {
      a.start(() => slow.promise);
      await town.clock.advance(10);
      await Promise.all([a.stop(), town.clock.advance(10)]);
    });
    expect(events.at(-1)).toMatchObject({ type: 'term.ended', reason: 'stopped', drained: false });
    a.start(town.untilAborted('a'));
    await town.clock.advance(30_000);
    expect(a.health().healthy).toBe(true);
    await town.clock.advance(6_000);
    expect(a.health()).toMatchObject({ healthy: false, message: expect.stringContaining('still runs 2') });

    // Whoever only observed and leaves takes nothing of that along.
    const end = new AbortController();
    const observed = a.observe({ signal: end.signal }).next();
    await Promise.all([a.stop(), town.clock.advance(10)]);
    await observed;
    end.abort();
    await town.clock.advance(10);
    await Promise.all([a[Symbol.asyncDispose](), town.clock.advance(10)]);
    expect(a.health().healthy).toBe(false);
    a.start(town.untilAborted('a'));

    slow.resolve();
    await town.clock.advance(10);
    expect(a.health().healthy).toBe(true);
    expect(town.log).toEqual(['a leads']);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('who leads, though the work of a lost term still ends here', async () => {
    const town = new Town();
    let cut = false;
    const lame = between(town.store, () => (cut ? new Promise<void>(() => {}) : undefined)); // and it cannot watch
    const slow = Promise.withResolvers<void>();
    const [a, b] = [town.candidate('a', { store: lame }), town.candidate('b')];
    a.start(() => slow.promise);
    await town.clock.advance(10);
    cut = true;
    b.start(town.untilAborted('b'));
    await town.clock.advance(20_000);
    cut = false;
    await town.clock.advance(10_000);
    expect(town.log).toEqual(['b leads']);
    expect(a.snapshot()).toMatchObject({ role: 'draining', leader: { identity: 'b', isSelf: false } });
    slow.resolve();
    await Promise.all([a.stop(), b.stop(), town.clock.advance(10)]);
  });

  test.each([Number.NaN, -1, 3_600_000])(
    'a store that asks to wait for %s ms is asked again within a lease',
    async (retryAfterMs) => {
      const town = new Town();
      let down = true;
      const store = between(town.store, () => {
        if (down) throw new LeaseStoreError('down', { fault: 'throttled', mayBeWritten: false, retryAfterMs });
      });
      const a = town.candidate('a', { store });
      a.start(town.untilAborted('a'));
      await town.clock.advance(100);
      down = false;
      await town.clock.advance(16_000);
      expect(town.log).toEqual(['a leads']);
      await Promise.all([a.stop(), town.clock.advance(10)]);
    },
  );

  test('a store that answers null for a lease that is not there is understood', async () => {
    const town = new Town();
    const nulls: LeaseStore = {
      kind: 'nulls',
      read: async (name, signal) => (await town.store.read(name, signal)) ?? (null as never),
      write: async (name, seen, next, signal) => (await town.store.write(name, seen, next, signal)) ?? (null as never),
    };
    const a = town.candidate('a', { store: nulls });
    a.start(town.untilAborted('a'));
    await town.clock.advance(100);
    expect(town.log).toEqual(['a leads']);
    await Promise.all([a.stop(), town.clock.advance(10)]);
  });

  test('events of requests that fail, with what the store said', async () => {
    const town = new Town();
    let fail = true;
    const store = between(town.store, () => {
      if (fail) throw new LeaseStoreError('may not', { fault: 'forbidden', mayBeWritten: false });
    });
    const a = town.candidate('a', { store });
    const events = await eventsIn(async () => {
      a.start(town.untilAborted('a'));
      await town.clock.advance(100);
      fail = false;
      await town.clock.advance(14_000);
      expect(a.isLeader).toBe(false); // what is not allowed is not asked for every other second
      await town.clock.advance(1_000);
      expect(a.isLeader).toBe(true);
      await Promise.all([a.stop(), town.clock.advance(10)]);
    });
    expect(events.filter(({ type }) => type === 'lease.request_failed')).toEqual([
      expect.objectContaining({ kind: 'read', fault: 'forbidden', mayBeWritten: false, identity: 'a' }),
    ]);
  });

  test('what a store throws that is no error of its contract counts as perhaps written', async () => {
    const town = new Town();
    const store = between(town.store, () => {
      throw new TypeError('a bug');
    });
    const a = town.candidate('a', { store });
    const events = await eventsIn(async () => {
      a.start(town.untilAborted('a'));
      await town.clock.advance(100);
      await Promise.all([a.stop(), town.clock.advance(10)]);
    });
    expect(events[0]).toMatchObject({ type: 'lease.request_failed', fault: 'unreachable', mayBeWritten: true });
  });
});

function fail(): never {
  throw new Error('listener');
}

function caught(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
