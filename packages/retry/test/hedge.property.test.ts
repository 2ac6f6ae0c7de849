import { pipeline } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { VirtualClock, seededRandom } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitter } from '../src/backoff.ts';
import { hedge } from '../src/hedge.ts';
import { retryBudget } from '../src/retry-budget.ts';
import { retry } from '../src/retry.ts';
import { ending } from './harness.ts';
import { permits, witness } from './hedge-harness.ts';

/** One attempt of the dependency, in whole milliseconds; `deaf` goes on when its signal aborts. */
interface Answer {
  readonly afterMs: number;
  readonly ok: boolean;
  readonly deaf: boolean;
}

const answer: fc.Arbitrary<Answer> = fc.record({
  afterMs: fc.integer({ min: 0, max: 400 }),
  ok: fc.boolean(),
  deaf: fc.boolean(),
});

/** Between whole milliseconds, so that no two things happen at once. */
const moment = (fraction: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.integer({ min: 1, max: 800 }).map((ms) => ms + fraction),
  );

/** An operation that plays one answer an attempt, and what became of each. */
function dependencyOf(clock: VirtualClock, answers: readonly Answer[]) {
  const begun: {
    at: number;
    settled: boolean;
    readonly call: CallContext;
    readonly signal: AbortSignal;
    readonly end: unknown;
  }[] = [];
  const operation = async (call: CallContext): Promise<unknown> => {
    const { afterMs, ok, deaf } = answers[begun.length % answers.length]!;
    const end = new Error(`attempt ${begun.length}`);
    const { signal } = call;
    const one = { at: clock.now(), settled: false, call, signal, end };
    begun.push(one);
    try {
      await clock.sleep(afterMs, deaf ? undefined : signal);
    } finally {
      one.settled = true;
    }
    if (ok) return end;
    throw end;
  };
  return { begun, operation };
}

interface Case {
  readonly answers: readonly Answer[];
  readonly attempts: number;
  readonly delayMs: number;
  readonly tokens: number;
  readonly abortAt: number;
  readonly deadlineAt: number;
}

const someCase: fc.Arbitrary<Case> = fc.record({
  answers: fc.array(answer, { minLength: 5, maxLength: 5 }),
  attempts: fc.integer({ min: 1, max: 5 }),
  // Between whole milliseconds, too: the n-th attempt begins at a fraction of its own.
  delayMs: fc.integer({ min: 1, max: 150 }).map((ms) => ms + 0.1),
  tokens: fc.integer({ min: 0, max: 4 }),
  abortAt: moment(0.75),
  deadlineAt: moment(0.55),
});

/** What must come out, told without promises. */
function predict({ answers, attempts, delayMs, tokens, abortAt, deadlineAt }: Case): {
  startedAt: number[];
  endsAt: number;
  ending: string;
} {
  const cutAt = Math.min(abortAt, deadlineAt);
  const cut = abortAt < deadlineAt ? 'aborted' : 'deadline';
  const most = Math.min(attempts, tokens + 1);
  const startedAt = [0];
  const ends = [{ at: answers[0]!.afterMs, attempt: 0 }];
  let failed = 0;
  for (;;) {
    const next = ends.sort((a, b) => a.at - b.at)[failed]!;
    const hedgeAt = startedAt.length < most ? startedAt.at(-1)! + delayMs : Number.POSITIVE_INFINITY;
    if (cutAt < Math.min(next.at, hedgeAt)) return { startedAt, endsAt: cutAt, ending: cut };
    if (hedgeAt < next.at) {
      ends.push({ at: hedgeAt + answers[startedAt.length]!.afterMs, attempt: startedAt.length });
      startedAt.push(hedgeAt);
    } else if (answers[next.attempt]!.ok) return { startedAt, endsAt: next.at, ending: `answer ${next.attempt}` };
    else if (++failed === startedAt.length) return { startedAt, endsAt: next.at, ending: `failure ${next.attempt}` };
  }
}

test('whatever the dependency, the caller, the deadline and the budget do, attempts and ending are as the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(someCase, async (given) => {
      const { answers, attempts, delayMs, tokens, abortAt, deadlineAt } = given;
      const clock = new VirtualClock();
      const budget = retryBudget({ clock, ratio: 0.001, minPerSecond: 0, reserve: tokens });
      const policy = hedge({ clock, attempts, delayMs, budget, idempotent: true });
      const inside = witness();
      const door = permits(5);
      const protect = pipeline({ name: 'prices', clock }, policy, inside, door);
      const { begun, operation } = dependencyOf(clock, answers);
      const controller = new AbortController();
      let endedAt = Number.NaN;
      let abortedAtEnd: boolean[] = [];
      const timeoutMs = deadlineAt === Number.POSITIVE_INFINITY ? undefined : deadlineAt;
      const result = ending(protect.run(operation, { signal: controller.signal, timeoutMs })).then((end) => {
        endedAt = clock.now();
        abortedAtEnd = begun.map(({ signal, settled }) => signal.aborted || settled);
        if ('value' in end) return `answer ${begun.findIndex((one) => one.end === end.value)}`;
        if (end.error === controller.signal.reason) return 'aborted';
        if ((end.error as { code?: string }).code === 'HOLDFAST_DEADLINE') return 'deadline';
        return `failure ${begun.findIndex((one) => one.end === end.error)}`;
      });
      if (abortAt < Number.POSITIVE_INFINITY) {
        await clock.advance(abortAt);
        controller.abort('gone');
        await clock.advance(0);
      }
      await clock.runAll();

      const expected = predict(given);
      const close = (ms: number): unknown => expect.closeTo(ms, 6);
      expect({ ending: await result, endsAt: endedAt, startedAt: begun.map(({ at }) => at) }).toEqual({
        ending: expected.ending,
        endsAt: close(expected.endsAt),
        startedAt: expected.startedAt.map(close),
      });
      // Every attempt that was still under way at the end has seen an aborted signal, counted as none of the dependency's failures
      // where another won, and holds nothing any more.
      expect(abortedAtEnd.every(Boolean)).toBe(true);
      expect(inside.seen).toHaveLength(begun.length);
      if (expected.ending.startsWith('answer')) {
        const failures = begun.filter(({ at }, index) => !answers[index]!.ok && at + answers[index]!.afterMs < expected.endsAt);
        expect(inside.kinds.filter((kind) => kind === 'failure')).toHaveLength(failures.length);
      }
      expect(door.free).toBe(5);
      expect(policy.snapshot().hedges).toBe(begun.length - 1);
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('T25: with a retry around it and a budget between them, every extra attempt is paid once', async () => {
  const manyCalls = fc.array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 2_000 }),
      answers: fc.array(answer, { minLength: 6, maxLength: 6 }),
      abortAfterMs: fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(manyCalls, fc.integer({ min: 0, max: 12 }), fc.integer(), async (calls, reserve, seed) => {
      const clock = new VirtualClock();
      const budget = retryBudget({ clock, ratio: 0, minPerSecond: 1e-9, reserve: reserve + 2 });
      const random = seededRandom(seed);
      const outer = retry({ clock, budget, random, idempotent: true, attempts: 3, backoff: fullJitter() });
      const inner = hedge({ clock, budget, idempotent: true, attempts: 3, delayMs: 60, hedgeOn: () => seed % 2 === 0 });
      const door = permits(8);
      const protect = pipeline({ name: 'prices', clock }, outer, inner, door);
      let extra = 0;
      const results = calls.map(async ({ startMs, answers, abortAfterMs }) => {
        await clock.sleep(startMs);
        const { begun, operation } = dependencyOf(clock, answers);
        const controller = new AbortController();
        const abort = abortAfterMs === undefined ? undefined : clock.sleep(abortAfterMs).then(() => controller.abort('gone'));
        await ending(protect.run(operation, { signal: controller.signal }));
        await abort;
        // Hedges belong to the first attempt of the retry, so a call has at most two more by each.
        expect(begun.length).toBeLessThanOrEqual(5);
        extra += Math.max(0, begun.length - 1);
      });
      await clock.runAll();
      await Promise.all(results);

      const left = (budget.snapshot() as { tokens: number }).tokens;
      expect(reserve + 2 - left).toBeCloseTo(extra, 3);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(door.free).toBe(8);
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
