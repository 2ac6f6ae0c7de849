import { pipeline, subscribe } from '@holdfast/core';
import type { Guard, HoldfastEvent, Pipeline } from '@holdfast/core';
import { VirtualClock, scripted, seededRandom } from '@holdfast/core/testing';
import type { Scripted, Step } from '@holdfast/core/testing';
import fc from 'fast-check';
import pRetry, { AbortError } from 'p-retry';
import type { Options } from 'p-retry';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { retryFromPRetry } from '../src/interop.ts';
import type { PRetryContext, PRetryExtras, PRetryOptions, PRetryPolicy } from '../src/interop.ts';

interface Setup {
  readonly clock: VirtualClock;
  readonly policy: PRetryPolicy;
  readonly protect: Pipeline;
  readonly dependency: Scripted<unknown>;
  readonly startedAt: () => number[];
}

function setUp(steps: readonly Step<unknown>[], options?: PRetryOptions, extras?: PRetryExtras, inside: Guard[] = []): Setup {
  const clock = (extras?.clock ?? new VirtualClock()) as VirtualClock;
  const policy = retryFromPRetry(options, { random: () => 0, ...extras, clock });
  const protect = pipeline(
    { name: 'p', clock, classify: ({ value }) => (value === 503 ? 'failure' : undefined) },
    policy,
    ...inside,
  );
  const dependency = scripted(steps, { clock });
  return { clock, policy, protect, dependency, startedAt: () => dependency.calls.map(({ at }) => at) };
}

const down = new Error('down');
type Ending = { readonly value: unknown } | { readonly error: unknown };
const ending = (promise: Promise<unknown>): Promise<Ending> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

async function play({ clock, protect, dependency }: Setup, run = {}): Promise<Ending> {
  const ended = ending(protect.run(dependency, run));
  await clock.runAll();
  return ended;
}

describe('waits', () => {
  test('the defaults are those of p-retry: ten retries, after 1 s, 2 s, 4 s and so on', async () => {
    const setup = setUp([{ error: down }]);

    await expect(play(setup)).resolves.toEqual({ error: down });

    const waits = setup.startedAt().map((at, i, all) => (i === 0 ? 0 : at - all[i - 1]!));
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000]);
  });

  test.each<[PRetryOptions, number[]]>([
    [{ retries: 3, minTimeout: 100 }, [0, 100, 300, 700]],
    [{ retries: 3, minTimeout: 100, maxTimeout: 150 }, [0, 100, 250, 400]],
    [{ retries: 2, minTimeout: 100, factor: 0 }, [0, 100, 200]],
    [{ retries: 2, minTimeout: 10, maxTimeout: 0.4 }, [0, 1, 2]],
    [{ retries: 2, minTimeout: 0, factor: 1e300 }, [0, 0, 0]],
    [{ retries: 0 }, [0]],
    [{ retries: null, minTimeout: 1, factor: 1 } as never, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('with %o attempts begin at %o', async (options, expected) => {
    const setup = setUp([{ error: down }], options);
    await play(setup);
    expect(setup.startedAt()).toEqual(expected);
  });

  test('randomize draws a factor from 1 to 2', async () => {
    const setup = setUp([{ error: down }], { retries: 2, minTimeout: 100, randomize: true }, { random: () => 0.5 });
    await play(setup);
    expect(setup.startedAt()).toEqual([0, 150, 450]);
  });

  test('maxRetryTime shortens the last wait, and lets no attempt begin after it', async () => {
    const setup = setUp([{ afterMs: 50, error: down }], { minTimeout: 100, maxRetryTime: 350 });
    await play(setup);
    expect(setup.startedAt()).toEqual([0, 150, 350]);
  });

  test.each(['shouldRetry', 'onFailedAttempt'] as const)('maxRetryTime ends it also when %s took the time', async (which) => {
    const clock = new VirtualClock();
    const slow = async (): Promise<boolean> => {
      await clock.sleep(500);
      return true;
    };
    const shouldRetry = vi.fn<() => boolean | Promise<boolean>>(which === 'shouldRetry' ? slow : () => true);
    const onFailedAttempt = which === 'onFailedAttempt' ? { onFailedAttempt: slow as never } : {};
    const setup = setUp([{ error: down }], { maxRetryTime: 400, shouldRetry, ...onFailedAttempt }, { clock });
    await expect(play(setup)).resolves.toEqual({ error: down });
    expect(setup.policy.snapshot().retries).toBe(0);
    expect(shouldRetry).toHaveBeenCalledTimes(which === 'shouldRetry' ? 1 : 0);
  });
});

describe('what ends it', () => {
  test.each([
    ['an AbortError with an error', new AbortError(down), down],
    ['one within another', new AbortError(new AbortError(down)), down],
  ])('%s: no callback is asked, and the caller gets what is inside', async (_what, thrown, expected) => {
    const onFailedAttempt = vi.fn<(context: PRetryContext) => void>();
    const setup = setUp([{ error: thrown }], { onFailedAttempt });

    const { error } = (await play(setup)) as { error: unknown };

    expect(error).toBe(expected);
    expect(onFailedAttempt).not.toHaveBeenCalled();
    expect(setup.startedAt()).toEqual([0]);
  });

  test('an AbortError with a message is an error with that message', async () => {
    const { error } = (await play(setUp([{ error: new AbortError('enough') }]))) as { error: Error };
    expect(error).not.toBeInstanceOf(AbortError);
    expect(error.message).toBe('enough');
  });

  test('one with nothing in it is passed on as it is', async () => {
    const empty = Object.assign(new Error('?'), { name: 'AbortError', originalError: 'text' });
    await expect(play(setUp([{ error: empty }]))).resolves.toEqual({ error: empty });
  });

  test('the AbortError of an aborted request is an error like any', async () => {
    const setup = setUp([{ error: new DOMException('aborted', 'AbortError') }, { value: 1 }]);
    await expect(play(setup)).resolves.toEqual({ value: 1 });
  });

  test('a TypeError of the code, but not one of the network', async () => {
    const bug = new TypeError('x is not a function');
    const onFailedAttempt = vi.fn<(context: PRetryContext) => void>();
    const shouldRetry = vi.fn<() => boolean>(() => true);
    const setup = setUp([{ error: bug }], { onFailedAttempt, shouldRetry });
    await expect(play(setup)).resolves.toEqual({ error: bug });
    expect(onFailedAttempt).toHaveBeenCalledWith(expect.objectContaining({ error: bug, retryDelay: 0 }));
    expect(shouldRetry).not.toHaveBeenCalled();

    await expect(play(setUp([{ error: new TypeError('fetch failed') }, { value: 'there' }]))).resolves.toEqual({
      value: 'there',
    });
  });

  test.each([
    ['fetch failed', true, true],
    ['Failed to fetch', true, true],
    ['Failed to fetch (example.com)', true, true],
    ['error sending request for url (http://a/)', true, true],
    ['Load failed', false, true],
    ['Load failed (example.com)', false, true],
    ['Load failed', true, false],
    ['x is not iterable', true, false],
  ])('a TypeError "%s" (with a stack: %s) is of the network: %s', async (message, hasStack, ofNetwork) => {
    const error = new TypeError(message);
    if (!hasStack) Object.assign(error, { stack: undefined });
    const setup = setUp([{ error }, { value: 1 }], { minTimeout: 1 });
    await expect(play(setup)).resolves.toEqual(ofNetwork ? { value: 1 } : { error });
    // p-retry itself, on the same error
    let attempts = 0;
    const asIs = pRetry(() => (attempts++ === 0 ? Promise.reject(error) : 1), { minTimeout: 0 });
    await expect(ending(asIs)).resolves.toEqual(ofNetwork ? { value: 1 } : { error });
  });

  test('something thrown that is no error is not retried, and passed on as it is', async () => {
    const onFailedAttempt = vi.fn<(context: PRetryContext) => void>();
    const setup = setUp([{ error: 'text' }], { onFailedAttempt });
    await expect(play(setup)).resolves.toEqual({ error: 'text' });
    expect(onFailedAttempt.mock.calls[0]![0]).toMatchObject({ error: { name: 'TypeError', cause: 'text' } });
  });

  test.each(['onFailedAttempt', 'shouldRetry', 'shouldConsumeRetry'] as const)(
    'what %s throws is what the caller gets',
    async (which) => {
      const thrown = new AbortError('by the callback');
      const callback = (): never => {
        throw thrown;
      };
      const setup = setUp([{ error: down }], { [which]: callback });
      await expect(play(setup)).resolves.toEqual({ error: thrown });
      expect(setup.startedAt()).toEqual([0]);
    },
  );

  test('a call that says it must not be repeated', async () => {
    const setup = setUp([{ error: down }]);
    await play(setup, { idempotent: false });
    expect(setup.startedAt()).toEqual([0]);
    expect(setup.policy.snapshot().denied).toMatchObject({ not_idempotent: 1 });
  });

  test('a refusal further in, and a layer of retries further out', async () => {
    const full: Guard = {
      enter: () => {
        throw new Error('full');
      },
    };
    const refused = setUp([{ value: 1 }], { retries: 3 }, {}, [full]);
    await expect(play(refused)).resolves.toMatchObject({ error: { message: 'full' } });
    expect(refused.policy.snapshot().retries).toBe(0);

    const layered = setUp([{ error: down }], { retries: 3 });
    await play(layered, { attempt: 2 });
    expect(layered.startedAt()).toEqual([0]);
  });
});

describe('callbacks', () => {
  test('they are asked in the order of p-retry, with its context', async () => {
    const heard: [string, PRetryContext][] = [];
    const setup = setUp([{ error: down }], {
      retries: 1,
      minTimeout: 100,
      shouldConsumeRetry: async (context) => void heard.push(['consume', context]),
      onFailedAttempt: (context) => void heard.push(['failed', context]),
      shouldRetry: async (context) => heard.push(['retry', context]) > 0,
    });

    await play(setup);

    const first = { error: down, attemptNumber: 1, retriesLeft: 1, retriesConsumed: 0, retryDelay: 100 };
    const last = { error: down, attemptNumber: 2, retriesLeft: 0, retriesConsumed: 1, retryDelay: 0 };
    expect(heard).toEqual([
      ['consume', first],
      ['failed', first],
      ['retry', first],
      ['consume', last],
      ['failed', last],
    ]);
    expect(Object.isFrozen(heard[0]![1])).toBe(true);
  });

  test('a failure that consumes no retry is repeated at once, and counts for nothing', async () => {
    const rateLimited = new Error('429');
    const setup = setUp([{ error: rateLimited }, { error: rateLimited }, { error: down }, { error: down }], {
      retries: 1,
      minTimeout: 100,
      shouldConsumeRetry: ({ error }) => error !== rateLimited,
    });
    await play(setup);
    expect(setup.startedAt()).toEqual([0, 0, 0, 100]);
  });

  test('shouldRetry that answers nothing ends it', async () => {
    const setup = setUp([{ error: down }], { shouldRetry: (() => {}) as never });
    await play(setup);
    expect(setup.startedAt()).toEqual([0]);
  });

  test('a value classified as a failure is retried, and looks like an error to them', async () => {
    const onFailedAttempt = vi.fn<(context: PRetryContext) => void>();
    const setup = setUp([{ value: 503 }, { value: 200 }], { onFailedAttempt });
    await expect(play(setup)).resolves.toEqual({ value: 200 });
    expect(onFailedAttempt.mock.calls[0]![0]).toMatchObject({ error: { message: 'classified as a failure', cause: 503 } });
  });

  test.each([false, true])('a caller who gives up while one is at work is let go at once (it fails then: %s)', async (fails) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const asked = Promise.withResolvers<void>();
    const shouldRetry = (): Promise<boolean> => {
      asked.resolve();
      return promise;
    };
    const setup = setUp([{ error: down }], { shouldRetry });
    const aborter = new AbortController();
    const run = ending(setup.protect.run(setup.dependency, { signal: aborter.signal }));
    await setup.clock.advance(0);
    await asked.promise;

    aborter.abort('gone');

    await expect(run).resolves.toEqual({ error: 'gone' });
    if (fails) reject(new Error('too late'));
    else resolve(true);
    await setup.clock.runAll();
    expect(setup.startedAt()).toEqual([0]);
  });
});

test('one that a time limit further out has ended begins no wait when its callback comes back', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { clock, policy, dependency } = setUp([{ error: down }], { shouldRetry: () => promise });
  const limit: Guard = { enter: (call) => call.limit(100, () => new Error('too late')) };
  const run = ending(pipeline({ name: 'q', clock }, limit, policy).run(dependency));
  await clock.advance(100);
  await expect(run).resolves.toMatchObject({ error: { message: 'too late' } });

  resolve(true);
  await clock.runAll();

  expect(policy.snapshot()).toMatchObject({ retries: 0, waiting: 0 });
});

test('it has no budget and no regard for the wish of the other side, as p-retry has neither', async () => {
  const wish = Object.assign(new Error('busy'), { retryAfterMs: 300 });
  const setup = setUp([{ error: wish }], { retries: 1, minTimeout: 100 });
  await play(setup);
  expect(setup.startedAt()).toEqual([0, 100]);
  expect(setup.policy.snapshot().budget).toEqual({});
});

test('a caller who gives up during a wait is let go at once', async () => {
  const setup = setUp([{ error: down }]);
  const aborter = new AbortController();
  const run = ending(setup.protect.run(setup.dependency, { signal: aborter.signal }));
  await setup.clock.advance(500);

  aborter.abort('gone');

  await expect(run).resolves.toEqual({ error: 'gone' });
  expect(setup.clock.now()).toBe(500);
});

test('it is a retry: it has its events, its snapshot and its bound, and takes what p-retry has not', async () => {
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => seen.push(event)));
  const wish = Object.assign(new Error('busy'), { retryAfterMs: 300 });
  const setup = setUp([{ error: wish }, { error: down }], { retries: 1 }, { name: 'again', retryAfter: () => 300 });

  await play(setup);

  expect(setup.startedAt()).toEqual([0, 300]);
  expect(seen.filter(({ type }) => type.startsWith('retry.'))).toMatchObject([
    { type: 'retry.scheduled', policy: 'again', delayMs: 300 },
    { type: 'retry.denied', policy: 'again', reason: 'attempts' },
  ]);
  expect(setup.policy.snapshot()).toMatchObject({ policy: 'again', kind: 'retry', attempts: 2, retries: 1 });
});

test('it tells how much it may add at worst', () => {
  expect(retryFromPRetry({ retries: 2, minTimeout: 100 }).traits()).toEqual({
    firstOnly: true,
    askedMs: 0,
    attempts: 3,
    betweenMs: 300,
  });
  expect(retryFromPRetry({ retries: 2, minTimeout: 100, randomize: true }).traits()).toEqual({
    firstOnly: true,
    askedMs: 0,
    attempts: 3,
    betweenMs: 600,
  });
  expect(retryFromPRetry({ maxRetryTime: 5_000 }).traits()).toEqual({
    firstOnly: true,
    askedMs: 0,
    attempts: 11,
    betweenMs: 5_000,
  });
  const unbounded = { firstOnly: true, askedMs: 0, attempts: 10_000, betweenMs: Number.POSITIVE_INFINITY };
  expect(retryFromPRetry({ shouldConsumeRetry: () => false }).traits()).toEqual(unbounded);
});

test('it can be changed while calls run', async () => {
  const setup = setUp([{ error: down }], { retries: 5, minTimeout: 100, factor: 1 });
  const run = ending(setup.protect.run(setup.dependency));
  await setup.clock.advance(100);

  setup.protect.update({ retry: { retries: 2 } });
  await setup.clock.runAll();

  await expect(run).resolves.toEqual({ error: down });
  expect(setup.startedAt()).toEqual([0, 100, 200]);
  expect(() => setup.protect.update({ retry: { retries: -1 } })).toThrow(/retries must be/);
});

describe('what cannot be', () => {
  test.each<[object, RegExp]>([
    [{ retries: Number.POSITIVE_INFINITY }, /retries must be a whole number from 0 to 9999, got Infinity/],
    [{ retries: 1.5 }, /retries must be a whole number/],
    [{ factor: Number.POSITIVE_INFINITY }, /factor must be/],
    [{ minTimeout: -1 }, /minTimeout must be/],
    [{ maxTimeout: Number.NaN }, /maxTimeout must be/],
    [{ randomize: 1 }, /randomize must be true or false/],
    [{ shouldRetry: 3 }, /shouldRetry must be a function/],
    [{ signal: new AbortController().signal }, /signal must be left out: give each call its own/],
    [{ unref: true }, /unref must be false/],
    [{ forever: true }, /forever must be a known option/],
    [[], /options must be an object/],
  ])('%o', (options, message) => {
    expect(() => retryFromPRetry(options as PRetryOptions)).toThrow(message);
  });

  test('saying twice what p-retry says', () => {
    expect(() => retryFromPRetry({}, { attempts: 3 } as never)).toThrow(
      /attempts must be left out: p-retry's own options say it/,
    );
    expect(() => retryFromPRetry({}, { clock: 1 } as never)).toThrow(/clock must be/);
  });
});

describe('beside p-retry itself', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const endings = {
    error: () => new Error('down'),
    network: () => new TypeError('fetch failed'),
    bug: () => new TypeError('x is not a function'),
    final: () => new AbortError(new Error('enough')),
    free: () => new Error('free'),
    no: () => new Error('no'),
  };
  type Kind = keyof typeof endings | 'success';

  /** As `scripted` does, on the timers that p-retry waits on. */
  const playOnTimers = ({ afterMs, ...step }: Step<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      setTimeout(() => ('error' in step ? reject(step.error as Error) : resolve(step.value)), afterMs);
    });

  test('it does the same, whatever happens', async () => {
    const kind = fc.constantFrom<Kind[]>('error', 'error', 'error', 'error', 'network', 'free', 'bug', 'final', 'no', 'success');
    const attempt = fc.record({ kind, tookMs: fc.integer({ min: 0, max: 60 }) });
    const options = fc.record(
      {
        retries: fc.integer({ min: 0, max: 6 }),
        factor: fc.constantFrom(0, 0.5, 1, 1.5, 2, 3),
        minTimeout: fc.constantFrom(0, 0.4, 10, 33, 100),
        maxTimeout: fc.constantFrom(0, 0.5, 50, 120, 400),
        maxRetryTime: fc.constantFrom(0, 100, 350, Number.POSITIVE_INFINITY),
        randomize: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.array(attempt, { minLength: 1, maxLength: 9 }),
        fc.integer(),
        async (given, attempts, seed) => {
          const asked = (log: unknown[]): Options => ({
            ...given,
            shouldConsumeRetry: ({ error }) => error.message !== 'free',
            onFailedAttempt: ({ error, ...context }) => void log.push([error.message, context]),
            shouldRetry: ({ error }) => error.message !== 'no',
          });
          const errors = attempts.map(({ kind }) => (kind === 'success' ? undefined : endings[kind]()));
          const steps: Step<unknown>[] = attempts.map(({ tookMs }, i) => {
            const error = errors[i];
            return { afterMs: tookMs, ...(error === undefined ? { value: 'fine' } : { error }) };
          });

          const [ours, theirs]: [unknown[], unknown[]] = [[], []];
          const setup = setUp([...steps, { value: 'end' }], asked(ours), { random: seededRandom(seed) });
          const mine = await play(setup);

          vi.spyOn(Math, 'random').mockImplementation(seededRandom(seed));
          const played = [...steps, { afterMs: 0, value: 'end' }].values();
          const run = ending(pRetry(() => playOnTimers(played.next().value!), asked(theirs)));
          await vi.runAllTimersAsync();

          expect(mine).toEqual(await run);
          expect(ours).toEqual(theirs);
        },
      ),
      { numRuns: 100 },
    );
  });
});
