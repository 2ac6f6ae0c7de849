import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, Classify } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ending } from '../test/harness.ts';
import { hedgeEvents, permits, setUpHedge, witness } from '../test/hedge-harness.ts';
import { hedge } from './hedge.ts';
import type { HedgeOptions } from './hedge-options.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryBudget } from './retry-budget.ts';

const down = new Error('down');
const by503: Classify = ({ value }) => ((value as { status?: number } | undefined)?.status === 503 ? 'failure' : undefined);
const broke = (): RetryBudget => ({ deposit() {}, withdraw: () => 0, giveBack() {}, snapshot: () => ({}) });

describe('when another attempt begins', () => {
  test('never, while answers are quick; no timer is left', async () => {
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 99, value: 'up' }]);
    const result = protect.run(dependency);
    await clock.advance(99);
    expect(clock.pendingTimers).toEqual([]);
    await expect(result).resolves.toBe('up');
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot()).toMatchObject({ hedges: 0, won: 0 });
  });

  test('after the delay, and the first answer is the call’s', async () => {
    const { clock, policy, protect, dependency, startedAt } = setUpHedge([
      { afterMs: 1_000, value: 'first' },
      { afterMs: 20, value: 'second' },
    ]);
    const result = protect.run(dependency);
    await clock.advance(120);
    await expect(result).resolves.toBe('second');
    expect(startedAt()).toEqual([0, 100]);
    expect(dependency.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(dependency.calls[0]).toMatchObject({ aborted: true, endedAt: 120 });
    expect(clock.pendingTimers).toEqual([]);
    expect(policy.snapshot()).toMatchObject({ hedges: 1, won: 1 });
  });

  test('and the first attempt may still win', async () => {
    const { clock, policy, protect, dependency } = setUpHedge([
      { afterMs: 110, value: 'first' },
      { afterMs: 20, value: 'second' },
    ]);
    const result = protect.run(dependency);
    await clock.advance(110);
    await expect(result).resolves.toBe('first');
    expect(dependency.calls[1]).toMatchObject({ aborted: true, endedAt: 110 });
    expect(policy.snapshot()).toMatchObject({ hedges: 1, won: 0 });
  });

  test('each further one a delay after the one before, up to `attempts`', async () => {
    const { clock, protect, dependency, startedAt } = setUpHedge([{ afterMs: 1_000, value: 'up' }], { attempts: 4 });
    const result = protect.run(dependency);
    await clock.advance(300);
    expect(clock.pendingTimers).toHaveLength(4); // the dependency’s own: there is no fifth attempt to wait for
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    expect(startedAt()).toEqual([0, 100, 200, 300]);
    expect(dependency.calls.map(({ aborted }) => aborted)).toEqual([false, true, true, true]);
  });

  test('with a delay of 0 all begin together', async () => {
    const { clock, protect, dependency, startedAt } = setUpHedge([{ afterMs: 10, value: 'up' }], { attempts: 3, delayMs: 0 });
    const result = protect.run(dependency);
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 0, 0]);
  });

  test('T29: not because our own event loop was blocked', async () => {
    const { clock, protect, dependency, startedAt } = setUpHedge([
      { afterMs: 250, value: 'up' },
      { afterMs: 500, value: 'late' },
    ]);
    const result = protect.run(dependency);
    await clock.advance(50);
    clock.stall(160);
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    expect(startedAt()).toEqual([0]);
  });

  test('T19: in the async context of the caller', async () => {
    const clock = new VirtualClock();
    const context = new AsyncLocalStorage<string>();
    const protect = pipeline({ name: 'prices', clock }, hedge({ clock, idempotent: true, delayMs: 100 }));
    const seen: unknown[] = [];
    const operation = (): Promise<void> => {
      seen.push(context.getStore());
      return clock.sleep(150);
    };
    const result = context.run('caller', () => protect.run(operation));
    await context.run('timer', () => clock.runAll());
    await result;
    expect(seen).toEqual(['caller', 'caller']);
  });
});

describe('idempotency', () => {
  test.each([
    [undefined, undefined, 1],
    [undefined, true, 2],
    [undefined, false, 1],
    [true, undefined, 2],
    [true, false, 1],
    [false, undefined, 1],
    [false, true, 2],
  ])('T24: by the option %s and the call %s there are %i attempts', async (option, own, attempts) => {
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 500, value: 'up' }], { idempotent: option });
    const result = protect.run(dependency, { idempotent: own });
    await clock.runAll();
    await result;
    expect(dependency.calls).toHaveLength(attempts);
    expect(policy.snapshot().denied.not_idempotent).toBe(2 - attempts);
  });

  test('what cannot be hedged passes with no timer and no event', async () => {
    const events = hedgeEvents();
    const { clock, protect } = setUpHedge([{}], { idempotent: undefined });
    const running = Promise.withResolvers<string>();
    const result = protect.run(() => running.promise);
    expect(clock.pendingTimers).toEqual([]);
    running.resolve('up');
    await expect(result).resolves.toBe('up');
    expect(events).toEqual([]);
  });

  test('one attempt is no hedge', async () => {
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 500, value: 'up' }], {
      attempts: 1,
      idempotent: false,
    });
    await Promise.all([protect.run(dependency), clock.runAll()]);
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot().denied).toMatchObject({ not_idempotent: 0 });
  });
});

describe('attempts that fail', () => {
  test('before the delay end the call: repeating what failed is a retry’s business', async () => {
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 10, error: down }]);
    const result = ending(protect.run(dependency));
    await clock.advance(10);
    expect(await result).toEqual({ error: down });
    expect(clock.pendingTimers).toEqual([]);
    expect(dependency.calls).toHaveLength(1);
  });

  test('do not end it while another runs, whichever of them it is', async () => {
    for (const [firstMs, secondMs, failsFirst] of [
      [150, 100, true],
      [200, 50, false],
    ] as const) {
      const steps = [
        { afterMs: firstMs, ...(failsFirst ? { error: down } : { value: 'up' }) },
        { afterMs: secondMs, ...(failsFirst ? { value: 'up' } : { error: down }) },
      ];
      const { clock, protect, dependency } = setUpHedge(steps);
      const result = protect.run(dependency);
      await clock.advance(150);
      expect(clock.now()).toBe(150);
      await clock.advance(50);
      await expect(result).resolves.toBe('up');
      expect(dependency.calls.map(({ aborted }) => aborted)).toEqual([false, false]);
    }
  });

  test('all of them: the last failure is the call’s, the same error object', async () => {
    const last = new Error('last');
    const { clock, protect, dependency } = setUpHedge([
      { afterMs: 150, error: down },
      { afterMs: 100, error: last },
    ]);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(((await result) as { error: unknown }).error).toBe(last);
  });

  test('a value that counts as a failure gives way to an answer, and its body is let go of', async () => {
    let cancelled = 0;
    const busy = { status: 503, body: { cancel: () => cancelled++ } };
    const { clock, protect, dependency } = setUpHedge(
      [
        { afterMs: 150, value: busy },
        { afterMs: 100, value: { status: 200 } },
      ],
      {},
      { classify: by503 },
    );
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toEqual({ status: 200 });
    expect(cancelled).toBe(1);
  });

  test('of several such values the last is returned, and only that one kept', async () => {
    const gone: unknown[] = [];
    const busy = (turn: number, afterMs: number) => ({ afterMs, value: { status: 503, turn } });
    const discard: HedgeOptions['discard'] = ({ value }) => gone.push((value as { turn: number }).turn);
    const steps = [busy(1, 250), busy(2, 160), busy(3, 70)];
    const { clock, protect, dependency } = setUpHedge(steps, { attempts: 3, discard }, { classify: by503 });
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toMatchObject({ turn: 3 });
    expect(gone).toEqual([1, 2]);
  });

  test('what the classifier ignores is an answer: the others are given up', async () => {
    const notFound = new Error('not found');
    const classify: Classify = ({ error }) => (error === notFound ? 'ignored' : undefined);
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 150, error: notFound }, { afterMs: 500 }], {}, { classify });
    const result = ending(protect.run(dependency));
    await clock.advance(150);
    expect(await result).toEqual({ error: notFound });
    expect(dependency.calls[1]).toMatchObject({ aborted: true });
  });

  test('T10: what an operation was told to give up by a caller of its own ends the call', async () => {
    const controller = new AbortController();
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }]);
    const inner = pipeline({ name: 'inner', clock });
    let calls = 0;
    const result = ending(
      protect.run((parent) => inner.run(dependency, ++calls === 1 ? { parent, signal: controller.signal } : { parent })),
    );
    await clock.advance(150);
    controller.abort('gone');
    await clock.advance(0);
    expect(await result).toEqual({ error: 'gone' });
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('hedgeOn', () => {
  test('begins the next attempt at once after such a failure, and the delay counts from there', async () => {
    const { clock, protect, dependency, startedAt } = setUpHedge(
      [
        { afterMs: 30, error: down },
        { afterMs: 500, value: 'second' },
        { afterMs: 20, value: 'third' },
      ],
      { attempts: 3, hedgeOn: ({ kind }) => kind === 'failure' },
    );
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toBe('third');
    expect(startedAt()).toEqual([0, 30, 130]);
  });

  test('T26: a failure that the budget pays no other attempt for ends the call at once, not at its deadline', async () => {
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 30, error: down }], { hedgeOn: () => true, budget: broke() });
    const result = ending(protect.run(dependency, { timeoutMs: 60_000 }));
    await clock.advance(30);
    expect(await result).toEqual({ error: down });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('a time-out costs the budget what it costs there', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock, timeoutCost: 3 });
    const error = new DOMException('late', 'TimeoutError');
    const { protect, dependency } = setUpHedge([{ error }], { hedgeOn: () => true, budget }, { clock });
    const result = ending(protect.run(dependency));
    await clock.advance(0);
    await result;
    expect(dependency.calls).toHaveLength(2);
    expect(budget.snapshot()).toMatchObject({ tokens: 7 });
  });
});

describe('a wish to be left alone', () => {
  const wish = (retryAfterMs: number) => Object.assign(new Error('busy'), { retryAfterMs });

  test.each([Number.POSITIVE_INFINITY, 5_000, 50])('of %d ms keeps further attempts from beginning', async (ms) => {
    const events = hedgeEvents();
    const { clock, policy, protect, dependency, startedAt } = setUpHedge(
      [
        { afterMs: 110, error: wish(ms) },
        { afterMs: 300, value: 'up' },
      ],
      { attempts: 3 },
    );
    const result = protect.run(dependency, { timeoutMs: 2_000 });
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    expect(startedAt()).toEqual([0, 100]);
    expect(policy.snapshot().denied).toMatchObject({ forbidden: 1 });
    expect(events.at(-2)).toMatchObject({ type: 'hedge.denied', reason: 'forbidden', attempt: 3 });
  });

  test('is stronger than hedgeOn, and of several failures the one that carries it is the call’s', async () => {
    const busy = wish(5_000);
    const { clock, protect, dependency } = setUpHedge(
      [
        { afterMs: 110, error: busy },
        { afterMs: 50, error: down },
      ],
      {
        attempts: 3,
        hedgeOn: () => true,
      },
    );
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual({ error: busy });
    expect(dependency.calls).toHaveLength(2);
  });

  test('is not looked for if told so', async () => {
    const { clock, protect, dependency } = setUpHedge(
      [
        { afterMs: 110, error: wish(5_000) },
        { afterMs: 300, value: 'up' },
      ],
      {
        attempts: 3,
        retryAfter: false,
      },
    );
    await Promise.all([protect.run(dependency), clock.runAll()]);
    expect(dependency.calls).toHaveLength(3);
  });
});

describe('the deadline', () => {
  test('no attempt begins that it leaves no time for', async () => {
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 140, value: 'up' }], { minAttemptMs: 50 });
    const result = protect.run(dependency, { timeoutMs: 150 });
    await clock.advance(140);
    await expect(result).resolves.toBe('up');
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot().denied).toMatchObject({ deadline: 1 });
  });

  test('an adaptive delay knows how long an attempt mostly takes', async () => {
    const delayMs = { initialMs: 400, minMs: 1, minimumSamples: 20 };
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 200, value: 'up' }], { delayMs });
    for (let call = 0; call < 32; call++) await Promise.all([protect.run(dependency), clock.runAll()]);
    expect(policy.snapshot().delayMs).toBeLessThan(220);
    const hangs = () => new Promise<never>(() => {});
    const result = ending(protect.run(hangs, { timeoutMs: 390 }));
    await clock.runAll();
    expect(await result).toMatchObject({ error: { code: 'HOLDFAST_DEADLINE' } });
    expect(policy.snapshot()).toMatchObject({ hedges: 0, denied: { deadline: 1 } });
  });

  test('ends all attempts, as a failure of the dependency', async () => {
    const seen = witness();
    let asked = 0;
    const hedgeOn = (): boolean => asked++ >= 0;
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }], { attempts: 5, hedgeOn }, { outside: [seen] });
    const result = ending(protect.run(dependency, { timeoutMs: 150 }));
    await clock.runAll();
    expect(await result).toMatchObject({ error: { code: 'HOLDFAST_DEADLINE' } });
    expect(dependency.calls.map(({ aborted, endedAt }) => [aborted, endedAt])).toEqual([
      [true, 150],
      [true, 150],
    ]);
    expect(seen.kinds).toEqual(['failure']);
    expect(asked).toBe(0);
    expect(clock.now()).toBe(150);
  });
});

describe('the caller’s abort', () => {
  test.each([50, 150])('at %i ms ends everything at once, with the reason of the caller', async (ms) => {
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }]);
    const controller = new AbortController();
    const reason = { left: 'the page' };
    const result = ending(protect.run(dependency, { signal: controller.signal }));
    await clock.advance(ms);
    controller.abort(reason);
    await clock.advance(0);
    expect(((await result) as { error: unknown }).error).toBe(reason);
    expect(dependency.calls.every(({ aborted }) => aborted)).toBe(true);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('leaves no hedge to begin, also where a limit only tells the operation', async () => {
    const cooperative = {
      enter: (call: { limit(ms: number, make: () => unknown, soft: boolean): void }) => call.limit(50, () => down, true),
    };
    const { clock, policy, protect, dependency } = setUpHedge(
      [{ afterMs: 150, value: 'done' }],
      {},
      { outside: [cooperative], ignoresSignal: true },
    );
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot().denied).toMatchObject({ deadline: 0 });
  });
});

describe('the attempts that lose', () => {
  test('are told by their signal, as an abort; the one that wins is not', async () => {
    const { clock, protect } = setUpHedge([{}]);
    const signals: AbortSignal[] = [];
    const result = protect.run(async (call) => {
      signals.push(call.signal);
      await clock.sleep(signals.length === 1 ? 1_000 : 10);
      return call.attempt;
    });
    await clock.advance(110);
    await expect(result).resolves.toBe(2);
    await clock.runAll();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]!.reason).toMatchObject({ name: 'AbortError', message: 'another attempt of this call was quicker' });
  });

  test('count as cancelled inside, and give back at once what they hold there', async () => {
    const seen = witness();
    const door = permits(2);
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }, { afterMs: 10 }], {}, { inside: [seen, door] });
    const result = protect.run(dependency);
    await clock.advance(100);
    expect(door.free).toBe(0);
    await clock.advance(10);
    await result;
    expect(door.free).toBe(2);
    expect(clock.now()).toBe(110);
    expect(seen.kinds).toEqual(['success', 'cancelled']);
  });

  test('that ignore their signal are left behind, and their late rejection is nobody’s', async () => {
    const seen = witness();
    const { clock, protect, dependency } = setUpHedge(
      [
        { afterMs: 1_000, error: down },
        { afterMs: 10, value: 'up' },
      ],
      {},
      { inside: [seen], ignoresSignal: true },
    );
    const result = protect.run(dependency);
    await clock.advance(110);
    await expect(result).resolves.toBe('up');
    expect(seen.kinds).toEqual(['success', 'cancelled']);
    await clock.runAll(); // an unhandled rejection would fail the run
    expect(dependency.running).toBe(0);
  });

  test('an answer that comes in the same moment is let go of', async () => {
    const gone: unknown[] = [];
    const gate = Promise.withResolvers<void>();
    const { clock, protect } = setUpHedge([{}], { discard: ({ value }) => gone.push(value) });
    const result = protect.run(async ({ attempt }) => {
      await gate.promise;
      return attempt;
    });
    await clock.advance(100);
    gate.resolve();
    await expect(result).resolves.toBe(1);
    await clock.advance(0);
    expect(gone).toEqual([2]);
  });
});

describe('the budget', () => {
  test('T25: pays for each hedge before it is made, and earns by successes', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock, ratio: 0.5, minPerSecond: 0, reserve: 2 });
    const { protect, dependency } = setUpHedge([{ afterMs: 150, value: 'up' }], { budget }, { clock });
    await Promise.all([protect.run(dependency), clock.advance(100)].slice(1));
    expect(budget.snapshot()).toMatchObject({ tokens: 1 });
    await clock.runAll();
    expect(budget.snapshot()).toMatchObject({ tokens: 1.5, granted: 1 });
  });

  test('T25: a spent one neither fails nor delays the call', async () => {
    const events = hedgeEvents();
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 300, value: 'up' }], { attempts: 3, budget: broke() });
    const result = protect.run(dependency);
    await clock.advance(300);
    await expect(result).resolves.toBe('up');
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot()).toMatchObject({ hedges: 0, denied: { budget: 1 } });
    expect(events).toMatchObject([
      { type: 'hedge.denied', policy: 'hedge', pipeline: 'prices', attempt: 2, reason: 'budget', at: 100 },
    ]);
  });

  test('of its own holds hedges to a tenth of the calls or so', async () => {
    const { clock, policy, protect } = setUpHedge([{}], { budget: undefined });
    const calls = Array.from({ length: 300 }, () => protect.run(() => clock.sleep(101)));
    await clock.runAll();
    await Promise.all(calls);
    expect(policy.snapshot()).toMatchObject({ hedges: 10, denied: { budget: 290 } });
  });

  test('gets its token back for a hedge that a policy inside refuses, and the first attempt is waited for', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock, ratio: 0, reserve: 5, minPerSecond: 0.001 });
    const { policy, protect, dependency } = setUpHedge(
      [{ afterMs: 500, value: 'up' }],
      { attempts: 4, budget },
      { clock, inside: [permits(1)] },
    );
    const result = protect.run(dependency);
    await clock.advance(100);
    expect(budget.snapshot()).toMatchObject({ tokens: 5 });
    await clock.advance(400);
    await expect(result).resolves.toBe('up');
    expect(dependency.calls).toHaveLength(1);
    expect(policy.snapshot()).toMatchObject({ hedges: 1, won: 0, denied: { refused: 1 } });
    expect(budget.snapshot()).toMatchObject({ tokens: 5, granted: 1 });
  });

  test('and for one that still queued inside when the first attempt answered', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock, ratio: 0, reserve: 5, minPerSecond: 0.001 });
    let entering = 0;
    const queue = { enter: () => (++entering === 1 ? undefined : new Promise(() => {})) };
    const { protect, dependency } = setUpHedge([{ afterMs: 150, value: 'up' }], { budget }, { clock, inside: [queue] });
    const result = protect.run(dependency);
    await clock.advance(100);
    expect(budget.snapshot()).toMatchObject({ tokens: 4 });
    await clock.advance(50);
    await expect(result).resolves.toBe('up');
    await clock.advance(0);
    expect((budget.snapshot() as { tokens: number }).tokens).toBeCloseTo(5, 3);
  });

  test('must live by the same clock', () => {
    expect(() => hedge({ budget: retryBudget({ clock: new VirtualClock() }) })).toThrow(ConfigError);
  });
});

describe('what is outside sees', () => {
  test('a refusal as the refusal it is, when no attempt got further', async () => {
    const seen = witness();
    const { clock, protect, dependency } = setUpHedge([{}], {}, { outside: [seen], inside: [permits(0)] });
    expect(await ending(protect.run(dependency))).toMatchObject({ error: { message: 'full' } });
    expect(seen.seen).toMatchObject([{ kind: 'rejected', ran: false }]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('a failure, where a hedge was refused after it', async () => {
    const seen = witness();
    const door = permits(1);
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 150, error: down }], {}, { outside: [seen], inside: [door] });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual({ error: down });
    expect(seen.seen).toMatchObject([{ kind: 'failure', ran: true, error: down }]);
  });

  test('a failure also where the refusal came last', async () => {
    const refusing = {
      enter: (call: CallContext) =>
        call.attempt === 1 ? undefined : clock.sleep(100).then(() => Promise.reject(new Error('full'))),
    };
    const seen = witness();
    const { clock, protect, dependency } = setUpHedge(
      [{ afterMs: 150, error: down }],
      {},
      { outside: [seen], inside: [refusing] },
    );
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual({ error: down });
    expect(seen.kinds).toEqual(['failure']);
  });

  test('slow answers, and each ending classified once', async () => {
    const seen = witness();
    let asked = 0;
    const classify: Classify = ({ value }) => {
      asked++;
      return value === 'bad' ? 'failure' : undefined;
    };
    const inside = [{ slowCallMs: 50, exit: () => {} }];
    const { clock, protect, dependency } = setUpHedge(
      [
        { afterMs: 60, value: 'up' },
        { afterMs: 10, value: 'bad' },
      ],
      {},
      { outside: [seen], inside, classify },
    );
    for (const kinds of [['slow'], ['slow', 'failure']]) {
      await Promise.all([protect.run(dependency), clock.runAll()]);
      expect(seen.kinds).toEqual(kinds);
      expect(asked).toBe(kinds.length);
    }
  });
});

describe('what it learns from', () => {
  const delayMs = { initialMs: 100, minMs: 1, minimumSamples: 20 };

  test('answers of first attempts, and those that lost, but not failures before the delay', async () => {
    const { clock, policy, protect } = setUpHedge([{}], { delayMs });
    const lasting = (first: number, second: number) => (call: CallContext) => clock.sleep(call.attempt === 1 ? first : second);
    const run = async (operation: (call: CallContext) => Promise<unknown>): Promise<number> => {
      await Promise.all([ending(protect.run(operation)), clock.runAll()]);
      return policy.snapshot().samples;
    };
    expect(await run(lasting(20, 0))).toBe(1);
    expect(await run(lasting(130, 300))).toBe(2);
    expect(await run(lasting(500, 10))).toBe(3);
    expect(await run(() => Promise.reject(down))).toBe(3);
  });

  test('nothing from calls that our own blocked event loop held up', async () => {
    const { clock, policy, protect } = setUpHedge([{}], { delayMs });
    const result = protect.run(() => clock.sleep(130));
    await clock.advance(10);
    clock.stall(300);
    await clock.runAll();
    await result;
    expect(policy.snapshot().samples).toBe(0);
  });

  test('the delay follows', async () => {
    const { clock, policy, protect, startedAt, dependency } = setUpHedge([{ afterMs: 20, value: 'up' }], { delayMs });
    for (let call = 0; call < 32; call++) await Promise.all([protect.run(dependency), clock.runAll()]);
    const { delayMs: learnt } = policy.snapshot();
    expect(learnt).toBeGreaterThan(18);
    expect(learnt).toBeLessThan(22);
    const hangs = scriptedHang();
    const began = clock.now();
    const result = ending(protect.run(hangs, { timeoutMs: 500 }));
    await clock.runAll();
    await result;
    expect(hangs.at.map((at) => at - began)).toEqual([0, expect.closeTo(learnt)]);
    expect(startedAt()).toHaveLength(32);

    function scriptedHang(): ((call: CallContext) => Promise<never>) & { readonly at: number[] } {
      const at: number[] = [];
      return Object.assign(
        () => {
          at.push(clock.now());
          return new Promise<never>(() => {});
        },
        { at },
      );
    }
  });
});

describe('callbacks that throw', () => {
  const fault = new Error('bug');
  const throws = (): never => {
    throw fault;
  };

  test.each([
    ['isRetry', { isRetry: throws }],
    ['retryAfter', { retryAfter: throws }],
    ['hedgeOn', { hedgeOn: throws }],
    ['budget.withdraw', { budget: { ...broke(), withdraw: throws } }],
    ['budget.deposit', { budget: { ...broke(), withdraw: () => 1, deposit: throws } }],
    ['budget.giveBack', { budget: { ...broke(), withdraw: () => 1, giveBack: throws } }],
    ['discard', { discard: throws }],
  ])('%s: are reported, and the call ends as if they had said no', async (_callback, options) => {
    const faults: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push([event.policy, event.error])));
    const isGiveBack = 'budget' in options && _callback === 'budget.giveBack';
    const steps = [
      { afterMs: 150, value: { status: 503 } },
      { afterMs: 100, value: { status: 200 } },
    ];
    const inside = isGiveBack ? [permits(1)] : [];
    const { clock, protect, dependency } = setUpHedge(steps, options, { classify: by503, inside });
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toHaveProperty('status');
    expect(clock.pendingTimers).toEqual([]);
    expect(faults).toEqual(_callback === 'discard' ? [] : [['hedge', fault]]);
  });
});

describe('callbacks that answer with what is no answer', () => {
  test.each<[string, HedgeOptions]>([
    ['hedgeOn', { hedgeOn: (async () => false) as never }],
    ['hedgeOn', { hedgeOn: () => undefined as never }],
    ['isRetry', { isRetry: (async () => false) as never }],
    ['retryAfter', { retryAfter: (async () => 5) as never }],
    ['budget.withdraw', { delayMs: 10, budget: { ...broke(), withdraw: (async () => 1) as never } }],
  ])('%s: are reported, and no other attempt begins', async (option, options) => {
    const faults: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push([event.policy, event.error])));
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 50, error: down }], options);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual({ error: down });
    expect(dependency.calls).toHaveLength(1);
    const message = expect.stringMatching(new RegExp(`^${option} must answer`)) as string;
    expect(faults).toEqual([['hedge', expect.objectContaining({ message })]]);
  });
});

describe('what it tells', () => {
  test('events of the hedge and of its win, and the trail of the call', async () => {
    const events = hedgeEvents();
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }, { afterMs: 20, value: 'up' }], { name: 'second try' });
    await Promise.all([protect.run(dependency), clock.runAll()]);
    const common = { callId: expect.any(Number) as number, pipeline: 'prices', policy: 'second try', attempt: 2 };
    expect(events).toEqual([
      { type: 'hedge.started', at: 100, afterMs: 100, ...common },
      { type: 'hedge.won', at: 120, durationMs: 120, ...common },
    ]);
  });

  test('the decision, in the trail', async () => {
    const { clock, protect, dependency } = setUpHedge([{ afterMs: 200, error: down }]);
    const trails: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'call.finished' && trails.push(event.trail)));
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(trails).toMatchObject([[{ policy: 'hedge', did: 'hedged', ms: 100 }]]);
  });

  test('a snapshot that is plain JSON', () => {
    const { policy } = setUpHedge([{}], { budget: undefined });
    const snapshot = policy.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot).toMatchObject({ policy: 'hedge', kind: 'hedge', attempts: 2, delayMs: 100, samples: 0 });
  });

  test('traits: the worst it may do', () => {
    expect(setUpHedge([{}], { attempts: 3 }).policy.traits()).toEqual({
      attempts: 3,
      betweenMs: 200,
      parallel: true,
      firstOnly: true,
    });
    expect(setUpHedge([{}], { delayMs: { maxMs: 700 } }).policy.traits()).toMatchObject({ attempts: 2, betweenMs: 700 });
  });
});

describe('an update', () => {
  test('holds for the next attempt to begin, also of calls under way', async () => {
    const { clock, policy, protect, dependency, startedAt } = setUpHedge([{ afterMs: 1_000, value: 'up' }]);
    const result = protect.run(dependency);
    await clock.advance(50);
    policy.prepareUpdate({ attempts: 3, delayMs: 300 })();
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 100, 400]);
    expect(policy.traits()).toMatchObject({ attempts: 3, betweenMs: 600 });
  });

  test('changes nothing before it is made, nor if it is refused', () => {
    const { policy } = setUpHedge([{}]);
    const make = policy.prepareUpdate({ attempts: 4 });
    expect(policy.snapshot().attempts).toBe(2);
    expect(() => policy.prepareUpdate({ attempts: 0 })).toThrow(ConfigError);
    make();
    expect(policy.snapshot().attempts).toBe(4);
    policy.prepareUpdate({ attempts: undefined })();
    expect(policy.snapshot().attempts).toBe(2);
  });

  test.each([
    [{ attempt: 3 }, 'attempt'],
    [{ delayMs: { quantile: 2 } }, 'delayMs.quantile'],
    [{ name: 'other' }, 'name'],
    [{ clock: new VirtualClock() }, 'clock'],
    [[], 'options'],
  ])('refuses %j, naming the hedge', (changes, option) => {
    const { policy } = setUpHedge([{}], { name: 'second try' });
    const refused = { name: 'ConfigError', option, policy: expect.stringMatching(/^(second try|other)$/) as string };
    expect(() => policy.prepareUpdate(changes)).toThrow(expect.objectContaining(refused) as ConfigError);
  });

  test('may name what stays as it is', () => {
    const { clock, policy } = setUpHedge([{}]);
    expect(() => policy.prepareUpdate({ name: 'hedge', clock, attempts: 3 })()).not.toThrow();
  });

  test('keeps what was learnt, and the tokens of its own budget', async () => {
    const delayMs = { initialMs: 100, minMs: 1, minimumSamples: 20 };
    const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 150, value: 'up' }], { delayMs, budget: undefined });
    await Promise.all([protect.run(dependency), clock.runAll()]);
    const tokens = (policy.snapshot().budget as { tokens: number }).tokens;
    expect(tokens).toBeLessThan(10);
    policy.prepareUpdate({ budget: false })();
    policy.prepareUpdate({ budget: undefined, delayMs: { ...delayMs, quantile: 0.9 } })();
    expect(policy.snapshot()).toMatchObject({ samples: 1, budget: { tokens } });
  });

  test('a hedge that is refused is paid back to the budget that paid for it', async () => {
    const clock = new VirtualClock();
    const old = retryBudget({ clock, ratio: 0.1, minPerSecond: 0 });
    const other = retryBudget({ clock, ratio: 0.1, minPerSecond: 0 });
    const waits = { enter: (call: CallContext) => (call.attempt === 1 ? undefined : new Promise(() => {})) };
    const { policy, protect, dependency } = setUpHedge(
      [{ afterMs: 150, error: down }],
      { budget: old },
      { clock, inside: [waits] },
    );
    const result = ending(protect.run(dependency, { timeoutMs: 200 }));
    await clock.advance(110);
    expect(old.snapshot()).toMatchObject({ tokens: 9 });
    policy.prepareUpdate({ budget: other })();
    await clock.runAll();
    await result;
    expect(old.snapshot()).toMatchObject({ tokens: 10 });
    expect(other.snapshot()).toMatchObject({ tokens: 10 });
  });
});

test.each([
  [{ attempts: 0 }, 'attempts', 'from 1 to 10'],
  [{ attempts: 11 }, 'attempts', 'from 1 to 10'],
  [{ delayMs: 'p95' }, 'delayMs', 'in milliseconds, or { quantile, … }'],
  [{ delayMs: null }, 'delayMs', 'in milliseconds'],
  [{ hedgeOn: true }, 'hedgeOn', 'a function'],
  [{ minAttemptMs: -1 }, 'minAttemptMs', 'at least 0'],
  [{ budget: {} }, 'budget', 'or false'],
  [{ delay: 100 }, 'delay', 'did you mean delayMs?'],
])('refuses %j', (options, option, allowed) => {
  const refused = expect.objectContaining({ option, allowed: expect.stringContaining(allowed) as string });
  expect(() => hedge(options as HedgeOptions)).toThrow(refused as ConfigError);
});

test('errors name the hedge by its name, and what is within delayMs by its path', () => {
  expect(() => hedge({ name: 'second try', delayMs: { quantile: 2 } })).toThrow(/^second try: option delayMs.quantile must be/);
  expect(() => hedge({ name: 'second try', delayMs: { maxMs: 1 } })).toThrow(/^second try: option delayMs.maxMs must be/);
  expect(() => hedge({ name: 'second try', delayMs: [] as never })).toThrow(
    'second try: option delayMs must be an object, got []',
  );
  expect(() => hedge({ name: 'second try', delayMs: -1 })).toThrow(/^second try: option delayMs must be/);
  expect(() => hedge({ delayMs: { minMs: 0 } })).toThrow(/^hedge: option delayMs.minMs must be/);
});
