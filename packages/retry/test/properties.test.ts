import { pipeline } from '@holdfast/core';
import { VirtualClock, scripted, seededRandom } from '@holdfast/core/testing';
import type { Step } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exponential, fullJitter } from '../src/backoff.ts';
import { retry } from '../src/retry.ts';
import { retryBudget } from '../src/retry-budget.ts';
import type { RetryBudget } from '../src/retry-budget.ts';
import { ending } from './harness.ts';

/** One answer of the dependency: `hintMs` is what it asks for when it fails. */
interface Answer {
  readonly afterMs: number;
  readonly ok: boolean;
  readonly hintMs: number | undefined;
}

const answer: fc.Arbitrary<Answer> = fc.record({
  afterMs: fc.integer({ min: 0, max: 300 }),
  ok: fc.boolean(),
  hintMs: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
});

const failure = ({ hintMs }: Answer): Error => Object.assign(new Error('down'), { retryAfterMs: hintMs });
const stepOf = (one: Answer): Step<unknown> =>
  one.ok ? { afterMs: one.afterMs, value: 'up' } : { afterMs: one.afterMs, error: failure(one) };

interface Case {
  readonly answers: readonly Answer[];
  readonly attempts: number;
  readonly tokens: number;
  /** Between whole milliseconds, so that no two things happen at once. */
  readonly abortAt: number;
  readonly deadlineAt: number;
}

const someCase: fc.Arbitrary<Case> = fc.record({
  answers: fc.array(answer, { minLength: 8, maxLength: 8 }),
  attempts: fc.integer({ min: 1, max: 8 }),
  tokens: fc.integer({ min: 0, max: 8 }),
  abortAt: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.integer({ min: 1, max: 3_000 }).map((ms) => ms + 0.5),
  ),
  deadlineAt: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.integer({ min: 1, max: 3_000 }).map((ms) => ms + 0.25),
  ),
});

const MAX_HINT_MS = 1_000;

/** What must come out, told without promises. */
function predict({ answers, attempts, tokens, abortAt, deadlineAt }: Case): {
  startedAt: number[];
  endsAt: number;
  ending: string;
} {
  const startedAt: number[] = [];
  const cutAt = Math.min(abortAt, deadlineAt);
  const cut = abortAt < deadlineAt ? 'aborted' : 'deadline';
  let now = 0;
  for (let attempt = 1; ; attempt++) {
    const { afterMs, ok, hintMs } = answers[attempt - 1]!;
    startedAt.push(now);
    if (cutAt < now + afterMs) return { startedAt, endsAt: cutAt, ending: cut };
    now += afterMs;
    if (ok) return { startedAt, endsAt: now, ending: 'up' };
    const waitMs = hintMs ?? Math.min(500, 20 * 2 ** (attempt - 1));
    const fits = now + waitMs < deadlineAt;
    if (attempt === attempts || (hintMs ?? 0) > MAX_HINT_MS || !fits || attempt > tokens) {
      return { startedAt, endsAt: now, ending: 'down' };
    }
    if (abortAt < now + waitMs) return { startedAt, endsAt: abortAt, ending: 'aborted' };
    now += waitMs;
  }
}

test('whatever the dependency, the caller and the deadline do, attempts and waits are as the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(someCase, async (given) => {
      const { answers, attempts, tokens, abortAt, deadlineAt } = given;
      const clock = new VirtualClock();
      const budget = retryBudget({ ratio: 1, minPerSecond: 0, reserve: tokens, clock });
      const policy = retry({
        clock,
        attempts,
        budget,
        idempotent: true,
        random: () => 0,
        maxRetryAfterMs: MAX_HINT_MS,
        backoff: exponential({ baseMs: 20, capMs: 500 }),
      });
      const protect = pipeline({ name: 'orders', clock }, policy);
      const dependency = scripted(answers.map(stepOf), { clock });
      const controller = new AbortController();
      let endedAt = Number.NaN;
      const timeoutMs = deadlineAt === Number.POSITIVE_INFINITY ? undefined : deadlineAt;
      const result = ending(protect.run(dependency, { signal: controller.signal, timeoutMs })).then((end) => {
        endedAt = clock.now();
        if ('value' in end) return 'up';
        if (end.error === controller.signal.reason) return 'aborted';
        return (end.error as { code?: string }).code === 'HOLDFAST_DEADLINE' ? 'deadline' : 'down';
      });
      if (abortAt < Number.POSITIVE_INFINITY) {
        await clock.advance(abortAt);
        controller.abort('gone');
      }
      await clock.runAll();

      const expected = predict(given);
      expect({ ending: await result, endsAt: endedAt, startedAt: dependency.calls.map(({ at }) => at) }).toEqual(expected);
      expect(clock.pendingTimers).toEqual([]);
      expect(policy.snapshot()).toMatchObject({ waiting: 0 });
    }),
    { numRuns: 300 },
  );
});

/** Passes on to a budget, and keeps the books of what is out. */
function audited(budget: RetryBudget): RetryBudget & { readonly spent: number; readonly lowest: number } {
  let spent = 0;
  let lowest = Number.POSITIVE_INFINITY;
  const look = (): void => {
    lowest = Math.min(lowest, (budget.snapshot() as { tokens: number }).tokens);
  };
  return {
    get spent() {
      return spent;
    },
    get lowest() {
      return lowest;
    },
    deposit() {
      budget.deposit();
      look();
    },
    withdraw(after) {
      const tokens = budget.withdraw(after);
      spent += tokens;
      look();
      return tokens;
    },
    giveBack(tokens) {
      budget.giveBack(tokens);
      spent -= tokens;
      look();
    },
    snapshot: () => budget.snapshot(),
  };
}

const manyCalls = fc.array(
  fc.record({
    startMs: fc.integer({ min: 0, max: 5_000 }),
    answers: fc.array(answer, { minLength: 4, maxLength: 4 }),
    abortAfterMs: fc.option(fc.integer({ min: 0, max: 1_500 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('T25: however many calls interleave, every retry is paid once and the budget is never overdrawn', async () => {
  await fc.assert(
    fc.asyncProperty(manyCalls, fc.integer({ min: 0, max: 10 }), fc.integer(), async (calls, reserve, seed) => {
      const clock = new VirtualClock();
      const ratio = 0.25;
      const budget = audited(retryBudget({ ratio, minPerSecond: 0, reserve, windowMs: 1_000, clock }));
      const random = seededRandom(seed);
      const policies = [0, 1].map(() => retry({ clock, budget, random, idempotent: true, attempts: 4, backoff: fullJitter() }));
      let attempts = 0;
      let successes = 0;
      const results = calls.map(async ({ startMs, answers, abortAfterMs }, index) => {
        await clock.sleep(startMs);
        const controller = new AbortController();
        const protect = pipeline({ name: 'orders', clock }, policies[index % 2]!);
        const dependency = scripted(answers.map(stepOf), { clock });
        const abort = abortAfterMs === undefined ? undefined : clock.sleep(abortAfterMs).then(() => controller.abort('gone'));
        const end = await ending(protect.run(dependency, { signal: controller.signal }));
        attempts += dependency.calls.length;
        if ('value' in end) successes++;
        await abort;
      });
      await clock.runAll();
      await Promise.all(results);

      expect(budget.spent).toBe(attempts - calls.length);
      expect(budget.spent).toBeLessThanOrEqual(reserve + ratio * successes + 1e-6);
      expect(budget.lowest).toBeGreaterThanOrEqual(0);
      expect(policies.map((policy) => policy.snapshot().waiting)).toEqual([0, 0]);
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
