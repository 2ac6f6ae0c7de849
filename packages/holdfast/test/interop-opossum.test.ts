import { Outcome, pipeline, subscribe } from '@holdfast/core';
import type { Classify, Guard, HoldfastEvent, Pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import CircuitBreaker from 'opossum';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { opossumBreaker } from '../src/interop.ts';
import type { OpossumBreaker, OpossumBreakerOptions } from '../src/interop.ts';

// Opossum runs on the global timers, which are faked; the pipeline runs on a clock of its own. `pass` moves both.
let clock: VirtualClock;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  clock = new VirtualClock();
});
afterEach(() => {
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await clock.advance(ms);
}

const legacy = vi.fn<(fail: boolean) => Promise<string>>(async (fail: boolean) => {
  if (fail) throw new Error('old code failed');
  return 'from old code';
});

function newBreaker(options?: CircuitBreaker.Options): CircuitBreaker<[boolean], string> {
  const breaker = new CircuitBreaker(legacy, { name: 'stock', volumeThreshold: 2, resetTimeout: 1_000, ...options });
  onTestFinished(() => breaker.shutdown());
  return breaker;
}

interface Setup {
  readonly policy: OpossumBreaker;
  readonly protect: Pipeline;
}

function setUp(breaker: CircuitBreaker<[boolean], string>, options?: OpossumBreakerOptions, inside: Guard[] = []): Setup {
  const policy = opossumBreaker(breaker, { clock, ...options });
  const classify: Classify = ({ threw, error, value }) => {
    if (threw) return (error as Error).message === 'no news' ? 'ignored' : undefined;
    return value === 503 ? 'failure' : undefined;
  };
  return { policy, protect: pipeline({ name: 'p', clock, classify }, policy, ...inside) };
}

function events(): HoldfastEvent[] {
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => seen.push(event)));
  return seen;
}

const failing = (): Promise<never> => Promise.reject(new Error('down'));
const hanging = (): Promise<never> => new Promise(() => {});
const fails = async (protect: Pipeline, message = 'down'): Promise<void> =>
  expect(protect.run(() => Promise.reject(new Error(message)))).rejects.toThrow(message);
const opened = async (protect: Pipeline): Promise<void> => {
  await fails(protect);
  await fails(protect);
};

/** An operation that is ended by hand. */
function handmade(): { operation: () => Promise<string>; resolve: (value: string) => void; reject: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { operation: () => promise, resolve, reject };
}

describe('one state for old and new code', () => {
  test('failures in the pipeline open the circuit for what is fired directly', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);

    await opened(protect);

    expect(breaker.opened).toBe(true);
    await expect(breaker.fire(false)).rejects.toMatchObject({ code: 'EOPENBREAKER' });
  });

  test('failures of what is fired directly open it for the pipeline, which says for how long', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    for (let i = 0; i < 2; i++) await expect(breaker.fire(true)).rejects.toThrow('old code failed');

    await pass(400);
    const operation = vi.fn<() => Promise<never>>(failing);
    const refused = await protect.run(operation).catch((error: unknown) => error);

    expect(refused).toMatchObject({
      code: 'HOLDFAST_CIRCUIT_OPEN',
      policy: 'stock',
      reason: 'open',
      retryAfterMs: 600,
      cause: { code: 'EOPENBREAKER' },
    });
    expect(Object.keys(refused as object)).not.toContain('cause');
    expect(operation).not.toHaveBeenCalled();
    expect(breaker.stats.rejects).toBe(1);
  });

  test('its statistics move, its listeners are told, and its own action is not called', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    const heard: unknown[] = [];
    breaker.on('success', function listen(this: unknown, result: unknown) {
      heard.push(result, this === breaker);
    });
    breaker.on('fire', (args) => heard.push(args));
    breaker.on('failure', (error) => heard.push(error.message));
    legacy.mockClear();

    await expect(protect.run(async () => 'fresh')).resolves.toBe('fresh');
    await fails(protect);

    expect(heard).toEqual([[], 'fresh', true, [], 'down']);
    expect(breaker.stats).toMatchObject({ fires: 2, successes: 1, failures: 1 });
    expect(legacy).not.toHaveBeenCalled();
    expect((breaker as unknown as { action: unknown }).action).toBe(legacy);
  });

  test('counts and states are those of a breaker that is fired directly, whatever happens', async () => {
    const step = fc.oneof(fc.constantFrom('success', 'failure', 'filtered'), fc.integer({ min: 1, max: 1_500 }));
    const configured = fc.record({
      volumeThreshold: fc.integer({ min: 0, max: 4 }),
      errorThresholdPercentage: fc.integer({ min: 1, max: 99 }),
      allowWarmUp: fc.boolean(),
      rollingCountTimeout: fc.constant(2_000),
    });
    await fc.assert(
      fc.asyncProperty(configured, fc.array(step, { maxLength: 30 }), async (options, steps) => {
        const errorFilter = (error: Error): boolean => error.message === 'filtered';
        const act = async (how: string): Promise<string> => {
          if (how !== 'success') throw new Error(how);
          return how;
        };
        const all = { ...options, errorFilter, name: 'stock', resetTimeout: 1_000 };
        const [ours, theirs] = [new CircuitBreaker(act, { ...all }), new CircuitBreaker(act, { ...all })];
        const protect = pipeline({ name: 'p', clock }, opossumBreaker(ours, { clock }));
        const plain = ({ state, status }: ReturnType<typeof ours.toJSON>): object => [{ ...state, lastTimerAt: 0 }, status];
        for (const next of steps) {
          if (typeof next === 'number') await pass(next);
          else await Promise.allSettled([protect.run(() => act(next)), theirs.fire(next)]);
          expect(plain(ours.toJSON())).toEqual(plain(theirs.toJSON()));
        }
        ours.shutdown();
        theirs.shutdown();
      }),
      { numRuns: 60 },
    );
  });
});

describe('what tells nothing', () => {
  const elsewhere: Guard = {
    name: 'elsewhere',
    enter: () => {
      throw new Error('full');
    },
  };

  test('ignored, rejected and cancelled calls count as neither success nor failure, nor as fired', async () => {
    const breaker = newBreaker({ volumeThreshold: 0, capacity: 1 });
    const { protect } = setUp(breaker);
    const heard = vi.fn<() => void>();
    breaker.on('success', heard);
    breaker.on('failure', heard);

    await fails(protect, 'no news');
    await expect(pipeline({ name: 'q', clock }, setUp(breaker).policy, elsewhere).run(hanging)).rejects.toThrow('full');
    const aborter = new AbortController();
    const cancelled = protect.run(hanging, { signal: aborter.signal });
    aborter.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');

    expect(breaker.stats).toMatchObject({ fires: 0, successes: 0, failures: 0 });
    expect(heard).not.toHaveBeenCalled();
    await expect(protect.run(async () => 'permit is back')).resolves.toBe('permit is back');
  });

  test('a stalled attempt does not open the circuit', async () => {
    const breaker = newBreaker({ volumeThreshold: 0 });
    const stalling: Guard = { name: 'stalling', exit: () => Outcome.thrown(new Error('late'), 'stalled') };
    const { protect } = setUp(breaker, {}, [stalling]);

    await expect(protect.run(async () => 1)).rejects.toThrow('late');

    expect(breaker.closed).toBe(true);
    expect(breaker.stats).toMatchObject({ fires: 0, failures: 0 });
  });

  test('a slow answer is a success to opossum, and a value classified as a failure is a failure', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    const failures: Error[] = [];
    breaker.on('failure', (error) => failures.push(error));

    await expect(protect.run(async () => 503)).resolves.toBe(503);

    expect(breaker.stats).toMatchObject({ failures: 1 });
    expect(failures).toMatchObject([{ message: 'classified as a failure', cause: 503 }]);
    const { protect: slow } = setUp(breaker, {}, [{ name: 'slow', exit: () => Outcome.returned(1, 'slow') }]);
    await slow.run(async () => 1);
    expect(breaker.stats).toMatchObject({ successes: 1 });
  });

  test('the outcome of a call of an earlier state moves no later one', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    const early = [handmade(), handmade(), handmade()];
    const [asClosed, asOpen, atTheEnd] = early.map(({ operation }) => protect.run(operation));
    while (!breaker.opened) await fails(protect);
    const { failures } = breaker.stats;

    early[1]!.reject(new Error('while open'));
    await expect(asOpen).rejects.toThrow('while open');
    expect(breaker.stats.failures).toBe(failures + 1); // counted, as it moves nothing
    await pass(1_000);
    expect(breaker.halfOpen).toBe(true);
    early[0]!.resolve('late');
    await expect(asClosed).resolves.toBe('late');
    expect(breaker.halfOpen).toBe(true); // not closed by news from before the outage
    await protect.run(async () => 'trial');
    expect(breaker.closed).toBe(true);
    early[2]!.reject(new Error('very late'));
    await expect(atTheEnd).rejects.toThrow('very late');
    expect(breaker.closed).toBe(true);
  });
});

describe('the trial call', () => {
  test('one is let through, the others are refused until it has ended', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    await opened(protect);
    await pass(1_000);

    const { operation, resolve } = handmade();
    const trial = protect.run(operation);
    await expect(protect.run(failing)).rejects.toMatchObject({ reason: 'half-open', retryAfterMs: undefined });
    await expect(breaker.fire(false)).rejects.toMatchObject({ code: 'EOPENBREAKER' });
    resolve('well again');

    await expect(trial).resolves.toBe('well again');
    expect(breaker.closed).toBe(true);
  });

  test('its failure opens the circuit again', async () => {
    const breaker = newBreaker();
    const { protect, policy } = setUp(breaker);
    await opened(protect);
    await pass(1_000);

    await fails(protect);

    expect(breaker.opened).toBe(true);
    expect(policy.snapshot()).toMatchObject({ state: 'open', openings: 2 });
  });

  test('one that tells nothing is given to the next caller', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    await opened(protect);
    await pass(1_000);

    await fails(protect, 'no news');

    expect(breaker.halfOpen).toBe(true);
    expect(breaker.pendingClose).toBe(true);
    await expect(breaker.fire(false)).resolves.toBe('from old code');
    expect(breaker.closed).toBe(true);
  });

  test('one of an earlier half-open time gives nothing back', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    await opened(protect);
    await pass(1_000);
    const aborter = new AbortController();
    const hung = protect.run(hanging, { signal: aborter.signal });
    breaker.open();
    await pass(1_000);
    const { operation, resolve } = handmade();
    const trial = protect.run(operation);

    aborter.abort(new Error('gone'));
    await expect(hung).rejects.toThrow('gone');

    expect(breaker.pendingClose).toBe(false); // the second trial has it
    resolve('ok');
    await trial;
  });
});

describe('what its owner has configured', () => {
  test('the time-out ends the call, on the clock of the pipeline, and counts as opossum counts it', async () => {
    const breaker = newBreaker({ timeout: 200 });
    const { protect } = setUp(breaker);
    const timeouts = vi.fn<() => void>();
    breaker.on('timeout', timeouts);

    const slow = expect(protect.run(hanging)).rejects.toMatchObject({
      code: 'HOLDFAST_TIMEOUT',
      policy: 'stock',
      timeoutMs: 200,
    });
    expect(vi.getTimerCount()).toBe(2); // opossum's own two intervals: no timer for the call
    await clock.advance(200);

    await slow;
    expect(breaker.stats).toMatchObject({ fires: 1, timeouts: 1, failures: 1 });
    expect(timeouts).toHaveBeenCalledOnce();
  });

  test('the time-out can be left to other policies, also later', async () => {
    const breaker = newBreaker({ timeout: 200 });
    const { protect, policy } = setUp(breaker, { timeout: false });
    const { operation, resolve } = handmade();
    const patient = protect.run(operation);
    await clock.advance(5_000);
    resolve('at last');
    await expect(patient).resolves.toBe('at last');
    expect(policy.traits()).toEqual({ limitMs: Number.POSITIVE_INFINITY, judges: true, holds: false });

    protect.update({ stock: { timeout: true } });

    expect(policy.traits()).toEqual({ limitMs: 200, judges: true, holds: false });
    const cut = expect(protect.run(hanging)).rejects.toMatchObject({ code: 'HOLDFAST_TIMEOUT' });
    await clock.advance(200);
    await cut;
    expect(() => protect.update({ stock: { name: 'other' } })).toThrow(/name must be what it was made with/);
    expect(() => protect.update({ stock: { timeout: 5 } })).toThrow(/timeout must be true or false/);
  });

  test('its capacity holds for both, and a refusal by it counts as opossum counts it', async () => {
    const breaker = newBreaker({ capacity: 1, volumeThreshold: 9 });
    const { protect } = setUp(breaker);
    const { operation, resolve } = handmade();
    const first = protect.run(operation);

    const refused = expect(protect.run(async () => 2)).rejects;
    await refused.toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL', concurrency: 1, queue: 0, cause: { code: 'ESEMLOCKED' } });
    await expect(breaker.fire(false)).rejects.toMatchObject({ code: 'ESEMLOCKED' });
    resolve('first');
    await first;

    await expect(breaker.fire(false)).resolves.toBe('from old code');
    expect(breaker.stats).toMatchObject({ semaphoreRejections: 2, failures: 2 });
  });

  test('errorFilter excuses what our classification calls a failure', async () => {
    const breaker = newBreaker({ errorFilter: (error: Error) => error.message === 'not found' });
    const { protect } = setUp(breaker);

    for (let i = 0; i < 3; i++) await fails(protect, 'not found');

    expect(breaker.closed).toBe(true);
    expect(breaker.stats).toMatchObject({ successes: 3, failures: 0 });
  });

  test('disabled, it admits everything and learns nothing', async () => {
    const breaker = newBreaker({ enabled: false, volumeThreshold: 0, capacity: 1, timeout: 10 });
    const { protect, policy } = setUp(breaker);

    await fails(protect);
    await fails(protect, 'no news');

    const { operation, resolve } = handmade();
    const slow = protect.run(operation);
    await clock.advance(50);
    resolve('not cut by its time-out');
    await expect(slow).resolves.toBe('not cut by its time-out');

    expect(breaker.stats).toMatchObject({ fires: 3, failures: 0 });
    expect(breaker.closed).toBe(true);
    expect(policy.snapshot()).toMatchObject({ enabled: false, state: 'closed' });
  });

  test('disabled while a call runs, it still gets that call back', async () => {
    const breaker = newBreaker({ capacity: 1 });
    const { protect } = setUp(breaker);
    const { operation, resolve } = handmade();
    const running = protect.run(operation);
    breaker.disable();
    resolve('done');
    await running;
    breaker.enable();

    await expect(protect.run(async () => 'again')).resolves.toBe('again');
  });

  test('shut down, it refuses everything and stays so when a late call fails', async () => {
    const breaker = newBreaker({ volumeThreshold: 3 });
    const { protect, policy } = setUp(breaker);
    await opened(protect);
    const { operation, reject } = handmade();
    const late = protect.run(operation);
    breaker.shutdown();

    await expect(protect.run(failing)).rejects.toMatchObject({ code: 'HOLDFAST_CIRCUIT_OPEN', reason: 'isolated' });
    reject(new Error('late'));
    await expect(late).rejects.toThrow('late');

    expect(breaker.isShutdown).toBe(true);
    expect(policy.snapshot()).toMatchObject({ state: 'isolated' });
  });

  test('opened and closed by hand, it is so for the pipeline', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);

    breaker.open();
    await expect(protect.run(async () => 1)).rejects.toMatchObject({ reason: 'open' });
    breaker.close();
    await expect(protect.run(async () => 1)).resolves.toBe(1);
  });
});

describe('what cannot be', () => {
  test('a breaker that answers without a call', () => {
    const cached = newBreaker({ cache: true });
    expect(() => opossumBreaker(cached)).toThrow(/stock: option breaker\.options\.cache must be off: use the policy staleCache/);
    const coalescing = newBreaker({ coalesce: true } as CircuitBreaker.Options);
    expect(() => opossumBreaker(coalescing)).toThrow(/breaker\.options\.coalesce must be off: use the policy singleFlight/);
  });

  test('a fallback that would be missed, unless that is meant', async () => {
    const answer = vi.fn<() => string>(() => 'from the fallback');
    const breaker = newBreaker().fallback(answer);
    expect(() => opossumBreaker(breaker)).toThrow(/ignoreFallback must be true for a breaker with a fallback function/);
    const { protect } = setUp(breaker, { ignoreFallback: true });

    await opened(protect);
    await expect(protect.run(failing)).rejects.toMatchObject({ reason: 'open' });

    expect(answer).not.toHaveBeenCalled();
    await expect(breaker.fire(false)).resolves.toBe('from the fallback');
  });

  test.each([undefined, null, {}, 'breaker', new Map()])('%s is no breaker', (value) => {
    expect(() => opossumBreaker(value as never)).toThrow(/breaker must be an opossum CircuitBreaker \(version 9 or 10\)/);
  });

  test('an object with all the methods, but of another make', () => {
    const method = (): void => {};
    const other = { call: method, emit: method, prependListener: method, options: {}, status: {} };
    expect(() => opossumBreaker(other as never)).toThrow(/must be an opossum CircuitBreaker/);
    expect(() => opossumBreaker({ ...other, status: 1 } as never)).toThrow(/must be an opossum CircuitBreaker/);
  });

  test('an option nobody knows', () => {
    expect(() => opossumBreaker(newBreaker(), { timeOut: false } as never)).toThrow(/did you mean timeout\?/);
  });
});

describe('listeners and filters that throw', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  test.each(['fire', 'success'])('one of %s changes no call and loses no permit', async (event) => {
    const breaker = newBreaker({ capacity: 1 });
    const seen = events();
    breaker.on(event as 'fire', boom);
    const { protect } = setUp(breaker);

    await expect(protect.run(async () => 1)).resolves.toBe(1);
    await expect(protect.run(async () => 2)).resolves.toBe(2);

    const faults = seen.filter(({ type }) => type === 'policy.faulted');
    expect(faults).toMatchObject([{ policy: 'stock', error: { message: 'boom' } }, { policy: 'stock' }]);
    expect(breaker.stats).toMatchObject({ successes: 2, failures: 0 });
  });

  test.each(['failure', 'open'])('one of %s does not keep the circuit closed, nor hides the error', async (event) => {
    const breaker = newBreaker();
    breaker.on(event as 'open', boom);
    const { protect, policy } = setUp(breaker);

    await opened(protect);

    expect(breaker.opened).toBe(true);
    expect(policy.snapshot().state).toBe('open');
  });

  test('an errorFilter that throws excuses nothing', async () => {
    const breaker = newBreaker({ errorFilter: boom });
    const { protect } = setUp(breaker);

    await opened(protect);

    expect(breaker.opened).toBe(true);
  });

  test('a listener may run another call meanwhile', async () => {
    const breaker = newBreaker();
    const { protect } = setUp(breaker);
    const inner: Promise<string>[] = [];
    breaker.once('fire', () => inner.push(protect.run(async () => 'inner')));

    await expect(protect.run(async () => 'outer')).resolves.toBe('outer');

    await expect(inner[0]).resolves.toBe('inner');
    expect(breaker.stats).toMatchObject({ fires: 2, successes: 2 });
  });
});

test('its events are published as those of a circuit, with the call that caused them', async () => {
  const breaker = newBreaker();
  const { protect } = setUp(breaker);
  const seen = events();
  const circuit = (): HoldfastEvent[] => seen.filter(({ type }) => type.startsWith('circuit.'));

  await opened(protect);
  await pass(1_000);
  await protect.run(async () => 'trial');

  expect(circuit()).toEqual([
    {
      type: 'circuit.opened',
      at: 0,
      policy: 'stock',
      from: 'closed',
      reason: 'failureRatio',
      openMs: 1_000,
      openings: 1,
      calls: 2,
      failures: 2,
      failureRatio: 1,
      pipeline: 'p',
      callId: expect.any(Number),
    },
    { type: 'circuit.half-opened', at: expect.any(Number), policy: 'stock', from: 'open', permits: 1, openings: 1 },
    expect.objectContaining({ type: 'circuit.closed', from: 'half-open', reason: 'recovered', rampMs: 0, pipeline: 'p' }),
  ]);
});

test('what others decide is published without a call', () => {
  const breaker = newBreaker();
  setUp(breaker);
  const seen = events();

  breaker.open();
  breaker.close();

  expect(seen).toEqual([
    { type: 'circuit.opened', at: 0, policy: 'stock', from: 'closed', reason: 'imported', openMs: 1_000, openings: 1 },
    { type: 'circuit.closed', at: 0, policy: 'stock', from: 'open', reason: 'imported', rampMs: 0 },
  ]);
});

test('one that was open before says so, and not for how long', async () => {
  const breaker = newBreaker();
  breaker.open();
  const { protect, policy } = setUp(breaker, { name: 'mine' });

  await expect(protect.run(failing)).rejects.toMatchObject({ policy: 'mine', reason: 'open', retryAfterMs: undefined });

  expect(policy.snapshot()).toEqual({
    policy: 'mine',
    kind: 'opossumBreaker',
    state: 'open',
    enabled: true,
    fires: 1,
    failures: 0,
    successes: 0,
    timeouts: 0,
    rejects: 1,
    semaphoreRejections: 0,
    openings: 0,
  });
  await pass(1_000);
  expect(setUp(breaker).policy.snapshot().state).toBe('half-open');
});

describe('its name', () => {
  const unnamed = (options?: CircuitBreaker.Options): CircuitBreaker => {
    const breaker = new CircuitBreaker(async () => 'answer', { resetTimeout: 1_000, ...options });
    onTestFinished(() => breaker.shutdown());
    return breaker;
  };

  test('is that of what it is, where opossum has made up one: that would be another one in each process', async () => {
    const breaker = unnamed();
    const policy = opossumBreaker(breaker, { clock });
    breaker.open();
    await expect(pipeline({ name: 'p', clock }, policy).run(failing)).rejects.toMatchObject({ policy: 'opossumBreaker' });
    expect(policy.snapshot().policy).toBe('opossumBreaker');
    expect(() => opossumBreaker(unnamed({ cache: true }))).toThrow('opossumBreaker: option breaker.options.cache must be off');
    expect(() => opossumBreaker(unnamed({ cache: true }), { name: 'mine' })).toThrow('mine: option breaker.options.cache');
    policy.prepareUpdate({ timeout: false })();
    expect(policy.name).toBe('opossumBreaker');
  });

  test.each([
    ['it was given, a UUID too', '3fe09b7d-0000-4000-8000-000000000000'],
    ['it was given', 'stock'],
  ])('is the one %s', (_title, name) => {
    expect(opossumBreaker(unnamed({ name })).name).toBe(name);
  });

  test('is that of its function', () => {
    const breaker = new CircuitBreaker(async function countOnShelf() {});
    onTestFinished(() => breaker.shutdown());
    expect(opossumBreaker(breaker).name).toBe('countOnShelf');
  });
});
