import { ConfigError, openCall, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, Decision, Guard, HoldfastEvent, Outcome, Pipeline } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ladder } from './ladder.ts';
import type { LadderOptions } from './ladder-options.ts';
import type { Levels } from './levels.ts';

const down = Object.assign(new Error('down'), { code: 'EDOWN' });
const fails = (): Promise<never> => Promise.reject(down);
const works = async (): Promise<string> => 'fresh';

/** Four levels, and one signal that says which is the best that may be served. */
function setUp(changes: Partial<LadderOptions> = {}, ...inside: Guard[]) {
  const clock = new VirtualClock();
  const world = { draw: 0, wanted: 'full' };
  const cached = vi.fn<(call: CallContext, error: unknown) => unknown>(() => 'cached');
  const popular = vi.fn<(call: CallContext, error: unknown) => unknown>(() => 'popular');
  const service = ladder({
    clock,
    random: () => world.draw,
    levels: [
      { name: 'full' },
      { name: 'cached', answer: cached },
      { name: 'popular', answer: popular },
      { name: 'static', answer: 'static' },
    ] as Levels,
    signals: ['cached', 'popular', 'static'].map((to) => ({ name: `no better than ${to}`, to, read: () => world.wanted === to })),
    minimumCalls: 4,
    evaluateMs: 0,
    climb: { afterMs: 1_000, rampMs: 1_000, jitterRatio: 0 },
    ...changes,
  });
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => void (event.type.startsWith('ladder.') && seen.push(event))));
  const calls = pipeline({ name: 'titles', clock }, service, ...inside);
  /** One call every 100 ms. */
  const callFor = async (ms: number, operation: (call: CallContext) => Promise<unknown> = works): Promise<unknown[]> => {
    const answers: unknown[] = [];
    for (let passed = 0; passed < ms; passed += 100) {
      await clock.advance(100);
      const call = calls.run(operation);
      answers.push(await call.catch((error: unknown) => error));
    }
    return answers;
  };
  return { clock, world, cached, popular, service, calls, seen, callFor };
}

const refusing: Guard = {
  name: 'refusing',
  enter: () => {
    throw down;
  },
};

describe('a call at the best level', () => {
  test('runs the inside', async () => {
    const { calls, cached, seen } = setUp();
    await expect(calls.run(works)).resolves.toBe('fresh');
    expect(cached).not.toHaveBeenCalled();
    expect(seen).toEqual([]);
  });

  test.each<[string, Guard[], () => unknown]>([
    ['fails', [], fails],
    ['is refused', [refusing], works],
    ['throws at once', [], () => { throw down; }], // prettier-ignore
  ])('that %s gets the answer of the next lower one', async (_how, inside, operation) => {
    const { calls, cached, service } = setUp({}, ...inside);
    await expect(calls.run(operation as () => string, { key: 'ada' })).resolves.toBe('cached');
    expect(cached).toHaveBeenCalledWith(expect.objectContaining({ key: 'ada' }), down);
    expect(service.level).toBe('full');
  });

  test('that ends with a mistake in the options of a policy gets no answer, which would hide it, nor moves the level', async () => {
    const { callFor, cached, service } = setUp();
    const mistake = new ConfigError('cache', 'keyOf(call)', 5, 'a string, or undefined');
    expect(new Set(await callFor(1_000, () => Promise.reject(mistake)))).toEqual(new Set([mistake]));
    expect(cached).not.toHaveBeenCalled();
    expect(service.snapshot()).toMatchObject({ level: 'full', window: { served: 0, failed: 0, refused: 0 } });
  });

  test('gets the next one down while a level has none for it, or throws', async () => {
    const { calls, cached, popular, seen } = setUp();
    cached.mockReturnValueOnce(undefined);
    const worse = new Error('the cache is down, too');
    await expect(calls.run(fails)).resolves.toBe('popular');
    cached.mockImplementationOnce(() => {
      throw worse;
    });
    popular.mockImplementationOnce(async () => undefined);
    await expect(calls.run(fails)).resolves.toBe('static');
    expect(popular.mock.calls.map(([, error]) => error)).toEqual([down, worse]);
    const facts = { at: 0, policy: 'ladder', pipeline: 'titles', callId: expect.any(Number) as number };
    expect(seen).toEqual([
      { type: 'ladder.missed', ...facts, level: 'cached', error: undefined },
      { type: 'ladder.answered', ...facts, level: 'popular', error: down },
      { type: 'ladder.missed', ...facts, level: 'cached', error: worse },
      { type: 'ladder.missed', ...facts, level: 'popular', error: undefined },
      { type: 'ladder.answered', ...facts, level: 'static', error: worse },
    ]);
  });

  test('rejects with what the last one throws, classified as what it was to answer for', async () => {
    const worse = new Error('no plan at all');
    const outcomes: Outcome[] = [];
    const outside: Guard = { exit: (_call, outcome) => void outcomes.push(outcome) };
    const service = ladder({
      levels: [
        { name: 'full' },
        {
          name: 'off',
          answer: () => {
            throw worse;
          },
        },
      ],
    });
    await expect(pipeline('p', outside, service, refusing).run(works)).rejects.toBe(worse);
    expect(outcomes).toMatchObject([{ kind: 'rejected', error: worse }]);
  });

  test("takes the last one's undefined for an answer", async () => {
    const service = ladder({ levels: [{ name: 'full' }, { name: 'nothing', answer: () => undefined }] });
    await expect(pipeline('p', service).run(fails)).resolves.toBeUndefined();
  });

  test('is answered for a value that counts as a failure, and no answer is classified again', async () => {
    const outcomes: Outcome[] = [];
    const outside: Guard = { exit: (_call, outcome) => void outcomes.push(outcome) };
    const classify = ({ value }: { value: unknown }) => (value === 'empty' ? ('failure' as const) : undefined);
    const service = ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 'empty' }] });
    const calls = pipeline({ name: 'p', classify }, outside, service);
    await expect(calls.run(() => 'empty')).resolves.toBe('empty');
    expect(outcomes).toMatchObject([{ kind: 'success' }]);
    expect(service.snapshot().window).toEqual({ served: 0, slow: 0, failed: 1, refused: 0 });
  });

  test('passes on what was classified as ignored', async () => {
    const service = ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 1 }] });
    const calls = pipeline({ name: 'p', classify: () => 'ignored' }, service);
    await expect(calls.run(fails)).rejects.toBe(down);
  });

  test('asks no level when the caller has gone, and no further one when it goes', async () => {
    const { calls, cached, popular, seen } = setUp();
    const caller = new AbortController();
    const hanging = calls.run(() => new Promise(() => {}), { signal: caller.signal });
    caller.abort('gone');
    await expect(hanging).rejects.toBe('gone');
    expect(cached).not.toHaveBeenCalled();

    const second = new AbortController();
    cached.mockImplementationOnce(async () => second.abort('gone, too'));
    await expect(calls.run(fails, { signal: second.signal })).rejects.toBe('gone, too');
    await new Promise((resolve) => setImmediate(resolve));
    expect(popular).not.toHaveBeenCalled();
    expect(seen).toEqual([]);
  });

  test('is not answered when its time is over, however the inside ends after that', async () => {
    const { clock, service, cached } = setUp();
    const over = new Error('out of time');
    const limit: Guard = { name: 'limit', enter: (call) => call.limit(100, () => over) };
    const late = Promise.withResolvers<never>();
    const call = pipeline({ name: 'p', clock }, limit, service).run(() => late.promise);
    const ending = expect(call).rejects.toBe(over);
    await clock.advance(100);
    late.reject(down);
    await clock.advance(100);
    await ending;
    expect(cached).not.toHaveBeenCalled();
  });

  test('is noted in its trail when it was answered', async () => {
    const trails: (readonly Decision[])[] = [];
    onTestFinished(subscribe((event) => void (event.type === 'call.finished' && trails.push(event.trail))));
    const { calls } = setUp();
    await calls.run(fails);
    expect(trails).toMatchObject([[{ policy: 'ladder', did: 'answered', reason: 'cached' }]]);
  });
});

describe('the level', () => {
  test('goes down as far as a signal says, at once, and the inside is left in peace', async () => {
    const { calls, world, service, cached, seen } = setUp();
    world.wanted = 'popular';
    const operation = vi.fn<() => string>(() => 'fresh');
    await expect(calls.run(operation)).resolves.toBe('popular');
    expect(operation).not.toHaveBeenCalled();
    expect(cached).not.toHaveBeenCalled();
    expect([service.level, service.index]).toEqual(['popular', 2]);
    expect(seen[0]).toEqual({
      type: 'ladder.changed',
      at: 0,
      policy: 'ladder',
      from: 'full',
      to: 'popular',
      reason: 'no better than popular',
      severity: 1,
    });
  });

  test.each([
    ['failed', fails, []],
    ['was refused', works, [refusing]],
  ])('goes down by itself when most of what it ran %s', async (_how, operation, inside) => {
    const { callFor, service, seen } = setUp({}, ...inside);
    await callFor(400, operation);
    expect(service.level).toBe('cached');
    expect(seen.at(-1)).toMatchObject({ type: 'ladder.changed', to: 'cached', reason: 'failureRatio', severity: 1 });
  });

  test('goes down by itself when most of it was slow', async () => {
    const clock = new VirtualClock();
    const service = ladder({
      clock,
      levels: [{ name: 'full' }, { name: 'static', answer: 1 }],
      slowRatio: 0.5,
      minimumCalls: 4,
    });
    const calls = pipeline({ name: 'p', clock }, service, { name: 'slow', exit: () => {}, slowCallMs: 50 });
    for (let i = 0; i < 4; i++) {
      const call = calls.run(scripted([{ afterMs: 60 }], { clock }));
      await clock.advance(100);
      await call;
    }
    expect(service.level).toBe('static');
  });

  test('stays when calls end in what says nothing', async () => {
    const { clock, service } = setUp();
    const calls = pipeline({ name: 'p', clock, classify: () => 'ignored' }, service);
    for (let i = 0; i < 50; i++) await calls.run(fails).catch(() => {});
    expect(service.level).toBe('full');
  });

  test('is left to the signals without minimumCalls', async () => {
    const { callFor, service } = setUp({ minimumCalls: Number.POSITIVE_INFINITY });
    await callFor(5_000, fails);
    expect(service.level).toBe('full');
  });

  test('does not follow calls from before the last change (T1)', async () => {
    const { calls, clock, world, service, callFor } = setUp();
    const late = Array.from({ length: 50 }, () => Promise.withResolvers<string>());
    const running = late.map(({ promise }) => calls.run(() => promise));
    world.wanted = 'cached';
    await callFor(100);
    world.wanted = 'full';
    await callFor(3_500);
    expect(service.level).toBe('full');
    for (const { reject } of late) reject(down);
    await Promise.all(running);
    await clock.advance(100);
    expect(service.level).toBe('full');
  });

  test('comes back gradually, level by level', async () => {
    const { callFor, world, service, seen } = setUp();
    world.wanted = 'popular';
    await callFor(100);
    world.wanted = 'full';
    world.draw = 0.5;
    const answers = await callFor(4_400);
    // No call tries the better level while the share is below a half, all do after that.
    expect(answers.map((answer) => String(answer)[0]).join('')).toBe(`${'p'.repeat(15)}${'c'.repeat(21)}${'f'.repeat(8)}`);
    expect(seen.filter(({ type }) => type !== 'ladder.answered')).toMatchObject([
      { type: 'ladder.changed', to: 'popular' },
      { type: 'ladder.probed', at: 1_200, level: 'popular', tried: 'cached', share: 0.1 },
      { type: 'ladder.changed', at: 2_200, to: 'cached', reason: 'recovered', severity: 0 },
      { type: 'ladder.probed', at: 3_300, level: 'cached', tried: 'full' },
      { type: 'ladder.changed', at: 4_300, to: 'full' },
    ]);
    expect(service.level).toBe('full');
  });

  test('falls back at once when what tries a better one fails, and waits longer', async () => {
    const { callFor, world, service, seen, cached } = setUp();
    world.wanted = 'cached';
    await callFor(100);
    world.wanted = 'full';
    await callFor(1_000);
    const answers = await callFor(600, fails);
    expect(answers).toEqual(Array.from({ length: 6 }, () => 'cached'));
    expect(cached.mock.calls.map(([, error]) => error).filter((error) => error === down)).toHaveLength(4);
    expect(seen.findLast(({ type }) => type === 'ladder.relapsed')).toEqual({
      type: 'ladder.relapsed',
      at: 1_600,
      policy: 'ladder',
      level: 'cached',
      tried: 'full',
      reason: 'failureRatio',
      severity: 1,
      waitMs: 2_000,
    });
    expect(service.snapshot()).toMatchObject({ level: 'cached', climbingRatio: 0, relapses: 1, climbsInMs: 2_000 });
  });

  test('lets no more try a better one while the first hangs there', async () => {
    const { callFor, calls, world, service, clock } = setUp();
    world.wanted = 'cached';
    await callFor(100);
    world.wanted = 'full';
    world.draw = 0.99;
    await callFor(1_100);
    const hanging = Promise.withResolvers<string>();
    world.draw = 0;
    void calls.run(() => hanging.promise);
    world.draw = 0.99;
    await callFor(10_000);
    expect(service.snapshot().climbingRatio).toBe(0.1);
    hanging.resolve('at last');
    await clock.advance(0);
    await callFor(500);
    expect(service.snapshot().climbingRatio).toBeGreaterThan(0.1);
  });

  test('may be tried by calls that are refused inside, and is not given up for it', async () => {
    const open = { now: true };
    const door: Guard = {
      name: 'door',
      enter: () => {
        if (open.now) throw down;
      },
    };
    const { callFor, world, service } = setUp({}, door);
    world.wanted = 'cached';
    await callFor(100);
    world.wanted = 'full';
    await callFor(20_000);
    expect(service.snapshot()).toMatchObject({ level: 'cached', climbingRatio: 0.1, relapses: 0 });
    open.now = false;
    await callFor(15_000);
    expect(service.level).toBe('full');
  });

  test('is what it is read as, also when nobody calls', async () => {
    const { world, service, clock } = setUp();
    world.wanted = 'static';
    expect(service.level).toBe('static');
    world.wanted = 'full';
    expect([service.draw(), service.level]).toEqual(['static', 'static']);
    await clock.advance(1_000);
    expect(service.draw()).toBe('popular');
    expect(service.level).toBe('static');
  });

  test('is looked at once in evaluateMs, and without any timer', async () => {
    const read = vi.fn<() => number>(() => 0);
    const { service, clock } = setUp({ evaluateMs: 100, signals: [{ name: 'load', read }] });
    for (let i = 0; i < 10; i++) expect(service.level).toBe('full');
    expect(read).toHaveBeenCalledOnce();
    await clock.advance(99);
    expect(service.index).toBe(0);
    await clock.advance(1);
    expect(service.snapshot().signals).toEqual([{ name: 'load', reading: 0, bad: false, to: 'cached' }]);
    expect(read.mock.calls).toEqual([[0], [100]]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('may be read by a signal and by a listener', () => {
    const { service, world, seen } = setUp({
      signals: [{ name: 'itself', read: (): boolean => service.level === 'full' && world.wanted !== 'full' }],
    });
    onTestFinished(subscribe(() => void service.level));
    world.wanted = 'cached';
    expect(service.level).toBe('cached');
    expect(seen).toMatchObject([{ type: 'ladder.changed', reason: 'itself' }]);
  });

  test('stays when a signal fails, which is told', () => {
    const broken = new Error('cannot be read');
    const { service, seen } = setUp({
      signals: [
        {
          name: 'load',
          read: () => {
            throw broken;
          },
        },
      ],
    });
    expect(service.level).toBe('full');
    expect(seen).toEqual([{ type: 'ladder.signal-failed', at: 0, policy: 'ladder', signal: 'load', error: broken }]);
  });

  test('is shared by all pipelines it is in', async () => {
    const { clock, service, calls } = setUp();
    const other = pipeline({ name: 'other', clock }, service);
    for (let i = 0; i < 4; i++) await other.run(fails);
    await expect(calls.run(works)).resolves.toBe('cached');
  });
});

describe('levels that run the inside', () => {
  const brownout = (clock: VirtualClock, draw: () => number = () => 0) =>
    ladder({
      clock,
      random: draw,
      levels: [{ name: 'full' }, { name: 'lite' }, { name: 'static', answer: 'static' }],
      minimumCalls: 4,
      evaluateMs: 0,
      climb: { afterMs: 1_000, rampMs: 1_000, jitterRatio: 0 },
    });

  test('are known to the operation, also while it tries the better one', async () => {
    const clock = new VirtualClock();
    const service = brownout(clock);
    const calls = pipeline({ name: 'p', clock }, service);
    const run = (): Promise<unknown> => calls.run((call) => service.levelOf(call));
    const levels = [await run()];
    service.pin('lite');
    levels.push(await run());
    service.unpin();
    await run();
    await clock.advance(1_000);
    levels.push(await run());
    expect(levels).toEqual(['full', 'lite', 'full']);
    expect(service.level).toBe('lite');
    expect(service.levelOf(openCall('elsewhere', {}, clock))).toBe('lite');
  });

  test('are told of a call that tries one for as long as it lasts', async () => {
    const clock = new VirtualClock();
    const service = brownout(clock);
    const calls = pipeline({ name: 'p', clock }, service);
    service.pin('lite');
    service.unpin();
    await calls.run(works);
    await clock.advance(1_000);
    let trying: CallContext | undefined;
    await calls.run(async (call) => {
      trying = call;
      expect(service.levelOf(call)).toBe('full');
    });
    expect([service.level, service.levelOf(trying!)]).toEqual(['lite', 'lite']);
  });

  test('are tried with calls that try them: others say nothing about them', async () => {
    const clock = new VirtualClock();
    const service = brownout(clock, () => 0.99);
    const calls = pipeline({ name: 'p', clock }, service);
    service.pin('lite');
    service.unpin();
    await calls.run(works);
    await clock.advance(1_000);
    for (let i = 0; i < 20; i++) await calls.run(fails);
    expect(service.snapshot()).toMatchObject({ level: 'lite', climbingRatio: 0.1, relapses: 0 });
  });

  test('are gone through one by one while calls fail, and each such call gets an answer', async () => {
    const clock = new VirtualClock();
    const service = brownout(clock);
    const calls: Pipeline<string> = pipeline({ name: 'p', clock }, service);
    const levels: string[] = [];
    for (let i = 0; i < 9; i++) {
      await expect(calls.run(fails)).resolves.toBe('static');
      levels.push(service.level);
    }
    expect(levels.join(' ')).toBe('full full full lite lite lite lite static static');
  });

  test('give the error of the call where no level answers', async () => {
    const service = ladder({ levels: [{ name: 'full' }, { name: 'lite' }], minimumCalls: 2, evaluateMs: 0 });
    const calls = pipeline('p', service);
    for (let i = 0; i < 5; i++) await expect(calls.run(fails)).rejects.toBe(down);
    expect(service.level).toBe('lite');
    expect(service.traits()).toEqual({});
  });
});

describe('an operator', () => {
  test('holds a level, and lets go', async () => {
    const { service, callFor, world, seen } = setUp();
    service.pin('static');
    expect(await callFor(5_000)).toEqual(Array.from({ length: 50 }, () => 'static'));
    expect(service.snapshot().pinned).toBe(true);
    service.pin('full');
    world.wanted = 'popular';
    expect(await callFor(300)).toEqual(['fresh', 'fresh', 'fresh']);
    service.unpin();
    service.unpin();
    expect(await callFor(100)).toEqual(['popular']);
    expect(seen.filter(({ type }) => type !== 'ladder.answered')).toMatchObject([
      { type: 'ladder.changed', from: 'full', to: 'static', reason: 'pinned', severity: 0 },
      { type: 'ladder.pinned', level: 'static' },
      { type: 'ladder.changed', from: 'static', to: 'full' },
      { type: 'ladder.pinned', level: 'full' },
      { type: 'ladder.unpinned', level: 'full' },
      { type: 'ladder.changed', from: 'full', to: 'popular' },
    ]);
  });

  test('cannot hold a level there is not', () => {
    expect(() => setUp({ name: 'titles' }).service.pin('off')).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'titles', option: 'level' }),
    );
  });

  test('changes what it goes by, and level and counts stay', async () => {
    const { service, callFor } = setUp();
    await callFor(300, fails);
    const apply = service.prepareUpdate({ minimumCalls: 3, window: { durationMs: 5_000 }, climb: { afterMs: 200 } });
    expect(service.level).toBe('full');
    apply();
    expect(service.level).toBe('cached');
    expect(service.snapshot().climbsInMs).toBe(200);
    service.prepareUpdate({ signals: [] })();
    expect(service.snapshot()).toMatchObject({ level: 'cached', signals: [] });
    expect(() => service.prepareUpdate({ levels: [{ name: 'full' }, { name: 'off' }] } as object)).toThrow(
      /option levels must be /,
    );
    expect(() => service.prepareUpdate({ failureRatio: 5 })).toThrow(expect.objectContaining({ option: 'failureRatio' }));
  });
});

test('a list of levels is not kept: whoever changes it later changes nothing', () => {
  const levels: { name: string; answer?: string }[] = [{ name: 'full' }, { name: 'static', answer: 'static' }];
  const service = ladder({ levels: levels as unknown as Levels });
  levels.length = 1;
  expect(() => service.prepareUpdate({ failureRatio: 0.4 })()).not.toThrow();
});

test('its snapshot is plain JSON of everything', async () => {
  const { service, callFor } = setUp({ name: 'titles', signals: [] });
  await callFor(200);
  await callFor(100, fails);
  const snapshot = service.snapshot();
  expect(snapshot).toEqual({
    policy: 'titles',
    kind: 'ladder',
    level: 'full',
    index: 0,
    pinned: false,
    climbingRatio: 0,
    climbsInMs: 0,
    relapses: 0,
    window: { served: 2, slow: 0, failed: 1, refused: 0 },
    levels: [
      { name: 'full', served: 2 },
      { name: 'cached', served: 1 },
      { name: 'popular', served: 0 },
      { name: 'static', served: 0 },
    ],
    signals: [],
  });
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
});

test.each([
  ['a value', 1, 0],
  ['a function', () => 1, Number.POSITIVE_INFINITY],
  ['a promise', Promise.resolve(1), Number.POSITIVE_INFINITY],
])('answers with %s within its traits', (_what, answer, answerMs) => {
  expect(ladder({ levels: [{ name: 'full' }, { name: 'static', answer }] }).traits()).toEqual({ answerMs });
});
