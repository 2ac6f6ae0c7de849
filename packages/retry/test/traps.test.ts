import { pipeline } from '@holdfast/core';
import type { Classify, Timer } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { exponential } from '../src/backoff.ts';
import { retry } from '../src/retry.ts';
import { retryBudget } from '../src/retry-budget.ts';
import { ending, retryEvents, setUp } from './harness.ts';

// The traps of the field that concern a retry, each by its number in the project's list.
const down = new Error('down');
const DOWN = { error: down };

test('T8: an abort during the wait ends the call at once, with the reason of the caller and no timer left', async () => {
  const { clock, policy, protect, dependency } = setUp([DOWN], { backoff: () => 1_000 });
  const controller = new AbortController();
  const reason = { left: 'the page' };
  const result = ending(protect.run(dependency, { signal: controller.signal }));
  await clock.advance(50);
  controller.abort(reason);
  await clock.advance(0);
  expect(((await result) as { error: unknown }).error).toBe(reason);
  expect(clock.now()).toBe(50);
  expect(clock.pendingTimers).toEqual([]);
  expect(dependency.calls).toHaveLength(1);
  expect(policy.snapshot()).toMatchObject({ waiting: 0 });
});

test('T10: an abort is never retried, whatever the operation makes of it', async () => {
  const { clock, policy, protect } = setUp([DOWN], { retryOn: () => true });
  const controller = new AbortController();
  let calls = 0;
  const operation = (call: { signal: AbortSignal }): Promise<never> => {
    calls++;
    return new Promise((_resolve, reject) => call.signal.addEventListener('abort', () => reject(new Error('socket closed'))));
  };
  const result = ending(protect.run(operation, { signal: controller.signal }));
  await clock.advance(10);
  controller.abort();
  await clock.runAll();
  expect(await result).toMatchObject({ error: { name: 'AbortError' } });
  expect(calls).toBe(1);
  expect(policy.snapshot()).toMatchObject({ retries: 0 });
});

test('T10: what a call inside was told to give up is not repeated further out', async () => {
  const { clock, policy, protect, dependency } = setUp([{ afterMs: 100 }], { retryOn: () => true });
  const controller = new AbortController();
  const inner = pipeline({ name: 'inner', clock });
  const result = ending(protect.run((parent) => inner.run(dependency, { parent, signal: controller.signal })));
  await clock.advance(10);
  controller.abort('gone');
  await clock.runAll();
  expect(await result).toEqual({ error: 'gone' });
  expect(policy.snapshot()).toMatchObject({ retries: 0 });
});

test('T10: a failure in the very moment of the abort is not retried either', async () => {
  const events = retryEvents();
  const { policy, protect } = setUp([DOWN]);
  const controller = new AbortController();
  const operation = (): never => {
    controller.abort('gone');
    throw down;
  };
  await ending(protect.run(operation, { signal: controller.signal }));
  expect(policy.snapshot()).toMatchObject({ retries: 0, budget: { granted: 0 } });
  expect(events).toEqual([]);
});

test('a slow answer is an answer: not retried, and as good for the budget as any', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ ratio: 1, minPerSecond: 0, reserve: 0, clock });
  const kinds: string[] = [];
  const watch = { slowCallMs: 10, exit: (_call: unknown, { kind }: { kind: string }) => void kinds.push(kind) };
  const protect = pipeline({ name: 'orders', clock }, retry({ clock, budget, idempotent: true, retryOn: () => true }), watch);
  await Promise.all([protect.run(() => clock.sleep(20)), clock.runAll()]);
  expect(kinds).toEqual(['slow']);
  expect(budget.snapshot()).toMatchObject({ tokens: 1 });
});

test('T23: a delay beyond 2^31 - 1 ms is waited for, not fired at once', async () => {
  const { clock, protect, dependency, startedAt } = setUp([DOWN, { value: 'up' }], { backoff: () => 2 ** 32 });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(startedAt()).toEqual([0, 2 ** 32]);
});

test('T23: the wait after attempt 5 000 is the cap', async () => {
  const { clock, protect, dependency, startedAt } = setUp([DOWN], {
    attempts: 5_001,
    budget: false,
    backoff: exponential({ baseMs: 128, capMs: 30_000 }),
  });
  await Promise.all([ending(protect.run(dependency)), clock.runAll()]);
  expect(startedAt()).toHaveLength(5_001);
  expect(startedAt()[5_000]! - startedAt()[4_999]!).toBe(30_000);
});

test('T24: out of the box it neither goes on for ever, nor at once, nor repeats what may do harm', async () => {
  const clock = new VirtualClock();
  const protect = pipeline({ name: 'orders', clock }, retry({ clock }));
  let calls = 0;
  const fail = (): Promise<never> => {
    calls++;
    return Promise.reject(down);
  };
  await Promise.all([ending(protect.run(fail)), clock.runAll()]);
  expect(calls).toBe(1);
  await Promise.all([ending(protect.run(fail, { idempotent: true })), clock.runAll()]);
  expect(calls).toBe(4);
  expect(clock.now()).toBeGreaterThan(0);
  expect(clock.now()).toBeLessThanOrEqual(150);
});

test('T25: what waits is paid for, so a burst of failures finds no token twice', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ ratio: 0.1, minPerSecond: 0, reserve: 5, clock });
  const { policy, protect, dependency } = setUp([DOWN], { budget, clock, backoff: () => 1_000 });
  const results = Array.from({ length: 100 }, () => ending(protect.run(dependency)));
  await clock.advance(0);
  expect(policy.snapshot()).toMatchObject({ waiting: 5, denied: { budget: 95 } });
  await clock.runAll();
  expect(await Promise.all(results)).toEqual(results.map(() => DOWN));
  expect(dependency.calls).toHaveLength(105);
});

test('T25: a wait cut short gives its token back', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ ratio: 0.1, minPerSecond: 0, reserve: 2, clock });
  const { protect, dependency } = setUp([DOWN], { budget, clock });
  const controller = new AbortController();
  const result = ending(protect.run(dependency, { signal: controller.signal }));
  await clock.advance(50);
  expect(budget.snapshot()).toMatchObject({ tokens: 1 });
  controller.abort();
  await clock.advance(0);
  await result;
  expect(budget.snapshot()).toMatchObject({ tokens: 2 });
});

/** Calls back right after a timer of 100 ms has fired, before any promise hears of it: as when two timers fire in one go. */
class TwoAtOnce extends VirtualClock {
  afterwards: () => void = () => {};
  override arm(timer: Timer, delayMs: number): void {
    const fire = timer.fire.bind(timer);
    timer.fire = (stalled) => {
      fire(stalled);
      if (delayMs === 100) this.afterwards();
    };
    super.arm(timer, delayMs);
  }
}

test('T25: a wait that is over in the moment of the abort gives its token back, too', async () => {
  const clock = new TwoAtOnce();
  const budget = retryBudget({ ratio: 0.1, minPerSecond: 0, reserve: 2, clock });
  const { policy, protect, dependency } = setUp([DOWN], { budget, clock });
  const controller = new AbortController();
  clock.afterwards = () => controller.abort('gone');
  const result = ending(protect.run(dependency, { signal: controller.signal }));
  await clock.runAll();
  expect(await result).toEqual({ error: 'gone' });
  expect(dependency.calls).toHaveLength(1);
  expect(budget.snapshot()).toMatchObject({ tokens: 2 });
  expect(policy.snapshot()).toMatchObject({ waiting: 0 });
});

test('T25: a spent budget never fails a call that would have succeeded', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ ratio: 0.1, minPerSecond: 0, reserve: 0, clock });
  const { protect, dependency } = setUp([{ value: 'up' }], { budget, clock });
  await Promise.all([expect(protect.run(dependency)).resolves.toBe('up'), clock.runAll()]);
});

test('T25: a time-out is dearer than a failure', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ minPerSecond: 0, reserve: 3, clock });
  const { protect, dependency } = setUp([{ error: new DOMException('late', 'TimeoutError') }], { budget, clock });
  await Promise.all([ending(protect.run(dependency)), clock.runAll()]);
  expect(dependency.calls).toHaveLength(2);
  expect(budget.snapshot()).toMatchObject({ tokens: 1 });
});

const by503: Classify = ({ value }) => ((value as Response | undefined)?.status === 503 ? 'failure' : undefined);

test('T34: an answer that is replaced is let go of, the one that is returned is not', async () => {
  const cancelled: number[] = [];
  const answer = (turn: number): Response =>
    new Response(new ReadableStream({ cancel: () => void cancelled.push(turn) }), { status: 503 });
  const answers = [answer(1), answer(2), answer(3)];
  const { clock, protect, dependency } = setUp(
    answers.map((value) => ({ value })),
    {},
    by503,
  );
  const result = protect.run(dependency);
  await clock.runAll();
  expect(await result).toBe(answers[2]);
  expect(cancelled).toEqual([1, 2]);
});

test('T34: a discarder that fails changes nothing', async () => {
  const discard = (): never => {
    throw new Error('bug');
  };
  const { clock, protect, dependency } = setUp([{ value: { status: 503 } }, { value: 'up' }], { discard }, by503);
  const result = protect.run(dependency);
  await clock.runAll();
  await expect(result).resolves.toBe('up');
});

test('two retries in one pipeline do not multiply, whichever of them repeats', async () => {
  const events = retryEvents();
  const clock = new VirtualClock();
  const layer = (name: string) => retry({ name, clock, idempotent: true, attempts: 2, backoff: () => 10 });
  const protect = pipeline({ name: 'orders', clock }, layer('outer'), layer('inner'));
  let calls = 0;
  const result = ending(
    protect.run(() => {
      calls++;
      return Promise.reject(down);
    }),
  );
  await clock.runAll();
  await result;
  expect(calls).toBe(3);
  expect(events.map((event) => (event.type === 'retry.denied' ? `${event.policy}: ${event.reason}` : event.type))).toEqual([
    'retry.scheduled',
    'inner: attempts',
    'retry.scheduled',
    'inner: layered',
    'outer: attempts',
  ]);
});
