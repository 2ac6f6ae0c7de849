import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { pipeline } from '@holdfast/core';
import type { Criticality, Pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import Bottleneck from 'bottleneck';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bottleneckLimiter } from '../src/interop.ts';
import type { BottleneckLimiter, BottleneckLimiterOptions } from '../src/interop.ts';

// Bottleneck runs on the global timers, which are faked; the pipeline runs on a clock of its own. `pass` moves both.
let clock: VirtualClock;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  clock = new VirtualClock();
});
afterEach(() => {
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed++) {
    await vi.advanceTimersByTimeAsync(1);
    await clock.advance(1);
  }
}
/** Long enough for Bottleneck to submit, register and begin a job that nothing holds up; each parks it on a timer. */
const STARTED = 5;

interface Setup {
  readonly limiter: Bottleneck;
  readonly policy: BottleneckLimiter;
  readonly protect: Pipeline;
}

function setUp(settings: Bottleneck.ConstructorOptions, options?: BottleneckLimiterOptions): Setup {
  const limiter = new Bottleneck(settings);
  const policy = bottleneckLimiter(limiter, { clock, ...options });
  return { limiter, policy, protect: pipeline({ name: 'p', clock }, policy) };
}

interface Handmade {
  readonly operation: () => Promise<string>;
  readonly begun: () => boolean;
  resolve(value: string): void;
  reject(error: Error): void;
}

/** An operation that is ended by hand. */
function handmade(): Handmade {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const operation = vi.fn<() => Promise<string>>(() => promise);
  return { operation, begun: () => operation.mock.calls.length > 0, resolve, reject };
}

type Ending = { readonly value: unknown } | { readonly error: unknown };
const ending = (promise: Promise<unknown>): Promise<Ending> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

describe('one limit for old and new code', () => {
  test('calls of the pipeline and jobs scheduled directly share the slots', async () => {
    const { limiter, protect, policy } = setUp({ maxConcurrent: 1 });
    const [mine, theirs] = [handmade(), handmade()];
    const run = protect.run(mine.operation);
    const scheduled = limiter.schedule(theirs.operation);
    await pass(STARTED);
    expect([mine.begun(), theirs.begun()]).toEqual([true, false]);
    expect(policy.snapshot()).toEqual({
      policy: 'bottleneckLimiter',
      kind: 'bottleneckLimiter',
      waiting: 0,
      running: 1,
      ghosts: 0,
      queuedJobs: 1,
      runningJobs: 1,
    });

    mine.resolve('mine');
    await expect(run).resolves.toBe('mine');
    await pass(STARTED);
    expect(theirs.begun()).toBe(true);
    const next = protect.run(async () => 'next');
    await pass(STARTED);
    expect(policy.snapshot()).toMatchObject({ waiting: 1, running: 0 });
    theirs.resolve('theirs');
    await pass(2 * STARTED);

    await expect(scheduled).resolves.toBe('theirs');
    await expect(next).resolves.toBe('next');
    expect(limiter.counts()).toMatchObject({ QUEUED: 0, RUNNING: 0, EXECUTING: 0 });
  });

  test('a call that fails gives its slot back, and is no failed job', async () => {
    const { limiter, protect } = setUp({ maxConcurrent: 1 });
    const failed = vi.fn<() => void>();
    limiter.on('failed', failed);
    const down = new Error('down');

    const run = ending(protect.run(() => Promise.reject(down)));
    await pass(STARTED);

    await expect(run).resolves.toEqual({ error: down });
    const next = protect.run(async () => 'next');
    await pass(STARTED);
    await expect(next).resolves.toBe('next');
    expect(failed).not.toHaveBeenCalled();
  });

  test('spacing holds between calls', async () => {
    const { protect } = setUp({ minTime: 100 });
    const begun: number[] = [];
    const runs = [1, 2, 3].map(() => protect.run(async () => void begun.push(Date.now())));
    await pass(250);
    await Promise.all(runs);
    expect(begun.map((at) => Math.round((at - begun[0]!) / 100))).toEqual([0, 1, 2]);
  });

  test('a chained limiter holds, too', async () => {
    const { limiter, protect } = setUp({});
    const outer = new Bottleneck({ maxConcurrent: 1 });
    limiter.chain(outer);
    const blocker = handmade();
    const blocking = outer.schedule(blocker.operation);
    const { operation, begun, resolve } = handmade();
    const run = protect.run(operation);
    await pass(STARTED);
    expect(begun()).toBe(false);

    blocker.resolve('done');
    await pass(2 * STARTED);
    await blocking;
    expect(begun()).toBe(true);
    resolve('chained');
    await expect(run).resolves.toBe('chained');
  });

  test('an operation runs in the async context of its caller, not of whoever freed the slot', async () => {
    const { protect } = setUp({ maxConcurrent: 1 });
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const run = (who: string): Promise<void> =>
      storage.run(who, () => protect.run(async () => void seen.push(storage.getStore())));
    const runs = ['a', 'b', 'c'].map(run);
    await pass(10 * STARTED);
    await Promise.all(runs);
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});

describe('what the call says', () => {
  test('critical calls overtake sheddable ones, and unmarked ones are as urgent as plain jobs', async () => {
    const { limiter, protect } = setUp({ maxConcurrent: 1 });
    const first = handmade();
    const runs: Promise<unknown>[] = [protect.run(first.operation)];
    await pass(STARTED);
    const order: string[] = [];
    const join = (criticality: Criticality): void =>
      void runs.push(protect.run(async () => void order.push(criticality), { criticality }));
    join('sheddable');
    join('sheddable_plus');
    runs.push(limiter.schedule(async () => void order.push('job')));
    join('critical');
    join('critical_plus');
    await pass(50);

    first.resolve('');
    await pass(100);

    await Promise.all(runs);
    expect(order).toEqual(['critical_plus', 'job', 'critical', 'sheddable_plus', 'sheddable']);
  });

  test('its weight, id and priority can be computed', async () => {
    const options: BottleneckLimiterOptions = {
      weight: ({ key }) => Number(key),
      id: ({ key, attempt }) => `${key}-${attempt}`,
      priority: () => 2,
    };
    const { limiter, protect } = setUp({ maxConcurrent: 5 }, options);
    const received = vi.fn<(info: object) => void>();
    limiter.on('received', received);
    const [three, four] = [handmade(), handmade()];
    const runs = [protect.run(three.operation, { key: '3' }), protect.run(four.operation, { key: '4' })];
    await pass(STARTED);

    expect([three.begun(), four.begun()]).toEqual([true, false]); // 3 + 4 > 5
    expect(received.mock.calls[0]![0]).toMatchObject({ options: { id: '3-1', weight: 3, priority: 2 } });
    three.resolve('');
    four.resolve('');
    await pass(2 * STARTED);
    await Promise.all(runs);
  });

  test.each<[BottleneckLimiterOptions, RegExp]>([
    [{ weight: () => -1 }, /weight must be a function that gives a whole number of at least 0, got -1/],
    [{ weight: () => 0.5 }, /weight must be a function that gives a whole number/],
    [{ priority: () => 10 }, /priority must be a function that gives a whole number from 0 to 9, got 10/],
    [{ id: () => '' }, /id must be a function that gives a non-empty string/],
  ])('%o refuses the call', async (options, message) => {
    const { limiter, protect } = setUp({}, options);
    await expect(protect.run(async () => 1)).rejects.toThrow(message);
    expect(limiter.empty()).toBe(true);
  });

  test('a weight that never fits, and an id that is taken, are mistakes', async () => {
    const heavy = setUp({ maxConcurrent: 1 }, { weight: () => 2 });
    const refused = ending(heavy.protect.run(async () => 1));
    await pass(STARTED);
    const error = {
      code: 'HOLDFAST_CONFIG',
      option: 'weight',
      value: 2,
      cause: { message: expect.stringContaining('maxConcurrent') },
    };
    await expect(refused).resolves.toMatchObject({ error });

    const twice = setUp({}, { id: () => 'same' });
    const first = handmade();
    const run = twice.protect.run(first.operation);
    await expect(twice.protect.run(async () => 1)).rejects.toMatchObject({
      code: 'HOLDFAST_CONFIG',
      option: 'id',
      value: 'same',
    });
    first.resolve('');
    await pass(STARTED);
    await run;
  });
});

describe('refusals', () => {
  const dropped = { message: 'This job has been dropped by Bottleneck' };

  test.each([
    ['OVERFLOW', 2],
    ['LEAK', 1],
    ['BLOCK', 1],
  ] as const)('a queue that is full, with the strategy %s', async (strategy, who) => {
    const { protect } = setUp({ maxConcurrent: 1, highWater: 1, strategy: Bottleneck.strategy[strategy] });
    const calls = [handmade(), handmade(), handmade()];
    const runs: Promise<Ending>[] = [];
    for (const { operation } of calls) {
      runs.push(ending(protect.run(operation)));
      await pass(STARTED);
    }

    await expect(runs[who]).resolves.toMatchObject({
      error: { name: 'LimiterRefusedError', code: 'HOLDFAST_RATE_LIMITED', policy: 'bottleneckLimiter', cause: dropped },
    });
    expect(calls[who]!.begun()).toBe(false);
    for (const { resolve } of calls) resolve('');
    await pass(10 * STARTED);
    await Promise.all(runs);
  });

  test('for a limiter of concurrency they have the code of a bulkhead', async () => {
    const settings = { maxConcurrent: 1, highWater: 0, strategy: Bottleneck.strategy.OVERFLOW };
    const { protect } = setUp(settings, { limits: 'concurrency', name: 'db' });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);

    const refused = ending(protect.run(async () => 1));
    await pass(STARTED);

    await expect(refused).resolves.toMatchObject({ error: { code: 'HOLDFAST_BULKHEAD_FULL', policy: 'db' } });
    first.resolve('');
    await run;
  });

  test('a limiter that drops jobs silently does not leave the call hanging', async () => {
    const { protect } = setUp({ maxConcurrent: 1, highWater: 0, strategy: Bottleneck.strategy.OVERFLOW, rejectOnDrop: false });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);

    const refused = ending(protect.run(async () => 1));
    await pass(STARTED);

    const { error } = (await refused) as { error: object };
    expect(error).toMatchObject({ code: 'HOLDFAST_RATE_LIMITED', message: 'bottleneckLimiter: the limiter dropped the call' });
    expect('cause' in error).toBe(false);
    first.resolve('');
    await run;
  });

  test('two policies of one limiter, and its own jobs, keep their calls apart', async () => {
    const settings = { maxConcurrent: 1, highWater: 1, strategy: Bottleneck.strategy.LEAK, rejectOnDrop: false };
    const { limiter, protect, policy } = setUp(settings);
    const other = bottleneckLimiter(limiter, { clock, name: 'other' });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);
    const leaked = ending(pipeline({ name: 'q', clock }, other).run(async () => 1));
    await pass(STARTED);
    const last = ending(protect.run(async () => 'last'));
    await pass(STARTED);

    await expect(leaked).resolves.toMatchObject({ error: { policy: 'other' } });
    expect([policy.snapshot().waiting, other.snapshot().waiting]).toEqual([1, 0]);
    void limiter.schedule(async () => {}); // its own drops `last`, and is told nobody
    await pass(STARTED);
    await expect(last).resolves.toMatchObject({ error: { policy: 'bottleneckLimiter' } });
    first.resolve('');
    await run;
  });

  test('a limiter that was stopped, and what waited in it', async () => {
    const { limiter, protect } = setUp({ maxConcurrent: 1 });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);
    const waiting = ending(protect.run(async () => 1));
    await pass(STARTED);

    const stopped = limiter.stop();
    await pass(STARTED);

    const cause = { message: expect.stringContaining('This limiter has been stopped') };
    await expect(waiting).resolves.toMatchObject({ error: { code: 'HOLDFAST_RATE_LIMITED', cause } });
    await expect(protect.run(async () => 1)).rejects.toMatchObject({ code: 'HOLDFAST_RATE_LIMITED', cause });
    first.resolve('');
    await pass(STARTED);
    await expect(run).resolves.toBe('');
    await stopped;
  });
});

describe('callers who leave', () => {
  test('one in the queue is let go at once; its job gives the slot back when its turn comes', async () => {
    const { protect, policy, limiter } = setUp({ maxConcurrent: 1 });
    const [first, second, third] = [handmade(), handmade(), handmade()];
    const run = protect.run(first.operation);
    await pass(STARTED);
    const aborter = new AbortController();
    const leaving = ending(protect.run(second.operation, { signal: aborter.signal }));
    const staying = protect.run(third.operation);
    await pass(STARTED);

    aborter.abort('gone');

    await expect(leaving).resolves.toEqual({ error: 'gone' });
    expect(policy.snapshot()).toMatchObject({ waiting: 1, ghosts: 1, queuedJobs: 2 });
    first.resolve('');
    third.resolve('third');
    await pass(3 * STARTED);
    await Promise.all([run, staying]);
    expect(second.begun()).toBe(false);
    expect(policy.snapshot()).toMatchObject({ waiting: 0, running: 0, ghosts: 0, queuedJobs: 0, runningJobs: 0 });
    expect(limiter.empty()).toBe(true);
  });

  test('its job may be dropped, too', async () => {
    const { protect, policy, limiter } = setUp({ maxConcurrent: 1 });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);
    const aborter = new AbortController();
    const leaving = ending(protect.run(async () => 1, { signal: aborter.signal }));
    await pass(STARTED);
    aborter.abort('gone');
    await leaving;

    const stopped = limiter.stop();
    await pass(STARTED);

    expect(policy.snapshot()).toMatchObject({ ghosts: 0 });
    first.resolve('');
    await pass(STARTED);
    await Promise.all([run, stopped]);
  });

  test('one who leaves a running operation behind frees the slot, unless it is held until that ends', async () => {
    const free = setUp({ maxConcurrent: 1 });
    const held = setUp({ maxConcurrent: 1 }, { holdUntilSettled: true });
    for (const [{ protect, policy }, runningJobs] of [
      [free, 0],
      [held, 1],
    ] as const) {
      const { operation, reject } = handmade();
      const aborter = new AbortController();
      const leaving = ending(protect.run(operation, { signal: aborter.signal }));
      await pass(STARTED);
      aborter.abort('gone');
      await expect(leaving).resolves.toEqual({ error: 'gone' });
      await pass(STARTED);
      expect(policy.snapshot()).toMatchObject({ runningJobs, running: runningJobs });

      reject(new Error('late'));
      await pass(STARTED);
      expect(policy.snapshot()).toMatchObject({ runningJobs: 0, running: 0 });
    }
  });

  test('a call that one of the callbacks cancels is not queued at all', async () => {
    const aborter = new AbortController();
    const weight = (): number => {
      aborter.abort('gone');
      return 1;
    };
    const { protect, policy } = setUp({}, { weight });
    await expect(protect.run(async () => 1, { signal: aborter.signal })).rejects.toBe('gone');
    expect(policy.snapshot()).toMatchObject({ queuedJobs: 0, ghosts: 0 });
  });
});

describe('time', () => {
  test('maxWaitMs bounds the wait', async () => {
    const { protect, policy } = setUp({ maxConcurrent: 1 }, { maxWaitMs: 100 });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);
    const waiting = ending(protect.run(async () => 1));
    await pass(99);
    expect(policy.snapshot().waiting).toBe(1);
    await pass(1);

    await expect(waiting).resolves.toMatchObject({ error: { code: 'HOLDFAST_QUEUE_TIMEOUT', queueTimeoutMs: 100 } });
    expect(policy.snapshot()).toMatchObject({ waiting: 0, ghosts: 1 });
    first.resolve('');
    await pass(2 * STARTED);
    await run;
    expect(policy.snapshot()).toMatchObject({ ghosts: 0 });
  });

  test('expirationMs ends the call whose slot the limiter gives away', async () => {
    const { protect, policy } = setUp({ maxConcurrent: 1 }, { expirationMs: 50 });
    const hung = ending(protect.run(() => new Promise(() => {})));
    const next = ending(protect.run(async () => 'next'));
    await pass(50 + 2 * STARTED);

    const error = { code: 'HOLDFAST_TIMEOUT', policy: 'bottleneckLimiter', timeoutMs: 50 };
    await expect(hung).resolves.toMatchObject({ error });
    await pass(2 * STARTED);
    await expect(next).resolves.toEqual({ value: 'next' });
    expect(policy.traits()).toEqual({ waitMs: Number.POSITIVE_INFINITY, limitMs: 50, holds: true });
    expect(policy.snapshot()).toMatchObject({ running: 0, runningJobs: 0 });
  });

  test('a limiter that retries what expired does not begin the operation once more', async () => {
    const { limiter, protect, policy } = setUp({ maxConcurrent: 1 }, { expirationMs: 50 });
    limiter.on('failed', (_error, { retryCount }) => (retryCount === 0 ? 10 : undefined));
    const operation = vi.fn<() => Promise<never>>(() => new Promise(() => {}));
    // The limiter's own timer comes first: the clock of the call stands still meanwhile.
    const hung = ending(protect.run(operation));
    await pass(STARTED);
    await vi.advanceTimersByTimeAsync(70);
    await clock.advance(70);

    await expect(hung).resolves.toMatchObject({ error: { code: 'HOLDFAST_TIMEOUT' } });
    await pass(2 * STARTED);
    expect(operation).toHaveBeenCalledOnce();
    expect(policy.snapshot()).toMatchObject({ running: 0, runningJobs: 0 });
  });

  test('its options can be changed while calls wait, whose wait then counts from their arrival', async () => {
    const { protect, policy } = setUp({ maxConcurrent: 1 }, { name: 'api' });
    const first = handmade();
    const run = protect.run(first.operation);
    await pass(STARTED);
    const waiting = ending(protect.run(async () => 1));
    await pass(80);

    protect.update({ api: { maxWaitMs: 100 } });
    await pass(20);

    await expect(waiting).resolves.toMatchObject({ error: { code: 'HOLDFAST_QUEUE_TIMEOUT' } });
    expect(policy.traits()).toMatchObject({ waitMs: 100 });
    expect(() => protect.update({ api: { name: 'other' } })).toThrow(/name must be what it was made with/);
    expect(() => protect.update({ api: { maxWaitMs: 0 } })).toThrow(/maxWaitMs must be/);
    protect.update({ api: { maxWaitMs: undefined } });
    const patient = ending(protect.run(async () => 'served'));
    await pass(200);
    first.resolve('');
    await pass(3 * STARTED);
    await expect(patient).resolves.toEqual({ value: 'served' });
    await run;
  });
});

/** As much of ioredis as Bottleneck asks for. */
class FakeRedis extends EventEmitter {
  readonly status: string;
  constructor(options: { readonly status: string; readonly fails?: boolean }) {
    super();
    this.status = options.status;
    if (options.fails !== true) return;
    Object.assign(this, {
      submit: (...args: unknown[]) => (args.at(-1) as (error: Error) => void)(new Error('Connection is closed.')),
    });
  }
  duplicate(): FakeRedis {
    return new FakeRedis({ status: this.status });
  }
  defineCommand(name: string): void {
    if (Object.hasOwn(this, name)) return;
    Object.assign(this, {
      [name]: (...args: unknown[]) => (args.at(-1) as (error: null, reply: number[]) => void)(null, [1, 0]),
    });
  }
  subscribe(_channel: string, done: () => void): void {
    done();
  }
}

describe('a clustered limiter whose Redis', () => {
  const clustered = (clientOptions: object): Bottleneck.ConstructorOptions => ({
    datastore: 'ioredis',
    Redis: FakeRedis,
    clientOptions,
  });

  test('is not there: maxWaitMs ends the wait, a caller may leave, and nothing else would', async () => {
    const { protect, policy } = setUp(clustered({ status: 'connecting' }), { maxWaitMs: 100 });
    const aborter = new AbortController();
    const leaving = ending(protect.run(async () => 1, { signal: aborter.signal }));
    const waiting = ending(protect.run(async () => 1));
    await pass(50);
    aborter.abort('gone');
    await expect(leaving).resolves.toEqual({ error: 'gone' });
    expect(policy.snapshot()).toMatchObject({ waiting: 1, ghosts: 1 });
    await pass(50);
    await expect(waiting).resolves.toMatchObject({ error: { code: 'HOLDFAST_QUEUE_TIMEOUT' } });
  });

  test('fails: the call is refused, with what Redis said', async () => {
    const { protect, limiter } = setUp(clustered({ status: 'ready', fails: true }));
    const refused = ending(protect.run(async () => 1));
    await pass(STARTED);
    await expect(refused).resolves.toMatchObject({
      error: { code: 'HOLDFAST_RATE_LIMITED', cause: { message: 'Connection is closed.' } },
    });
    clearInterval((limiter as unknown as { _store: { heartbeat: NodeJS.Timeout } })._store.heartbeat);
  });
});

test('never more than maxConcurrent run, every call ends once, and nothing is left, whatever happens', async () => {
  const call = fc.record({
    afterMs: fc.integer({ min: 0, max: 20 }),
    takesMs: fc.integer({ min: 0, max: 30 }),
    leavesMs: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    fails: fc.boolean(),
  });
  const strategy = fc.constantFrom(...(['LEAK', 'OVERFLOW', 'OVERFLOW_PRIORITY'] as const));
  const limits = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 3 }),
    highWater: fc.integer({ min: 0, max: 4 }),
    strategy,
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.boolean(), fc.array(call, { maxLength: 10 }), async (given, holdUntilSettled, calls) => {
      const settings = { ...given, strategy: Bottleneck.strategy[given.strategy] };
      const { protect, policy, limiter } = setUp(settings, { maxWaitMs: 60, holdUntilSettled });
      let running = 0;
      let most = 0;
      const runs: Promise<Ending>[] = [];
      for (const { afterMs, takesMs, leavesMs, fails } of calls) {
        await pass(afterMs);
        const aborter = new AbortController();
        const operation = async (): Promise<void> => {
          most = Math.max(most, ++running);
          await clock.sleep(takesMs);
          running--;
          if (fails) throw new Error('down');
        };
        runs.push(ending(protect.run(operation, { signal: aborter.signal })));
        if (leavesMs !== undefined) void clock.sleep(leavesMs).then(() => aborter.abort('gone'));
      }
      await pass(400);
      await Promise.all(runs);
      // Otherwise what was left behind goes on without a slot.
      if (holdUntilSettled || calls.every(({ leavesMs }) => leavesMs === undefined))
        expect(most).toBeLessThanOrEqual(given.maxConcurrent);
      const nothing = { waiting: 0, running: 0, ghosts: 0, queuedJobs: 0, runningJobs: 0 };
      expect(policy.snapshot()).toMatchObject(nothing);
      expect(limiter.empty()).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('what cannot be', () => {
  const limiter = new Bottleneck();
  expect(() => bottleneckLimiter({} as never)).toThrow(
    /limiter must be a Bottleneck limiter \(an object with schedule, on, counts\)/,
  );
  expect(() => bottleneckLimiter(limiter, { maxWait: 5 } as never)).toThrow(/did you mean maxWaitMs\?/);
  expect(() => bottleneckLimiter(limiter, { maxWaitMs: 0 })).toThrow(/maxWaitMs must be/);
  expect(() => bottleneckLimiter(limiter, { expirationMs: Number.POSITIVE_INFINITY })).toThrow(/expirationMs must be/);
  expect(() => bottleneckLimiter(limiter, { limits: 'both' as never })).toThrow(/limits must be one of/);
});
