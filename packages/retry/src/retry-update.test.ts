import { ConfigError, pipeline, subscribe, trailOf } from '@holdfast/core';
import type { Decision } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ending, setUp } from '../test/harness.ts';
import { constant, decorrelatedJitter, fullJitter } from './backoff.ts';
import { retry } from './retry.ts';
import { retryBudget } from './retry-budget.ts';

const down = Object.assign(new Error('down'), { code: 'ECONNRESET' });
const DOWN = { error: down };
const UP = { value: 'up' };

describe('the trail of a call says', () => {
  const did = (decisions: readonly Decision[]): unknown[] => decisions.map(({ did, reason, ms }) => [did, reason, ms]);

  test('what was repeated, why and after how long, and why no more', async () => {
    const { clock, protect, dependency } = setUp([DOWN], { name: 'thrice' });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(did(trailOf(down))).toEqual([
      ['retried', 'ECONNRESET', 100],
      ['retried', 'ECONNRESET', 100],
      ['gave_up', 'attempts', undefined],
    ]);
    expect(trailOf(down).map(({ policy, attempt }) => [policy, attempt])).toEqual([
      ['thrice', 1],
      ['thrice', 2],
      ['thrice', 3],
    ]);
  });

  test('of a value that counts as a failure no more than that', async () => {
    const trails: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'call.finished' && trails.push(did(event.trail))));
    const { clock, protect, dependency } = setUp([{ value: 503 }, UP], {}, ({ value }) =>
      value === 503 ? 'failure' : undefined,
    );
    await Promise.all([protect.run(dependency), clock.runAll()]);
    expect(trails).toEqual([[['retried', 'failure', 100]]]);
  });

  test('nothing of our own refusals, which are not retried anyway, and nothing of a success', async () => {
    const refused = new Error('full');
    const { policy, protect, dependency, clock } = setUp([UP]);
    const trails: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'call.finished' && trails.push(did(event.trail))));
    await Promise.all([protect.run(dependency), clock.runAll()]);
    expect(trails).toEqual([[]]);
    const notes: unknown[] = [];
    const call = { cancelled: false, note: (...words: unknown[]) => notes.push(words) };
    void policy.exit(call as never, { kind: 'rejected', ran: false, threw: true, error: refused } as never, 1);
    expect(notes).toEqual([]);
  });
});

describe('traits', () => {
  test('tell the attempts, and all waits of our own at their longest', () => {
    expect(retry({ attempts: 4, backoff: fullJitter({ baseMs: 100, capMs: 250 }) }).traits()).toEqual({
      attempts: 4,
      betweenMs: 100 + 200 + 250,
      askedMs: 3 * 33_000,
      firstOnly: true,
      extraRatio: 0.1,
    });
    expect(retry({ attempts: 1, budget: false, isRetry: () => false, retryAfter: false }).traits()).toEqual({
      attempts: 1,
      betweenMs: 0,
      askedMs: 0,
      firstOnly: false,
    });
  });

  test('tell that a function of one’s own is unbounded, unless it tells its bound', () => {
    const wait = (attempt: number): number => attempt * 100;
    expect(retry({ backoff: wait }).traits()).toMatchObject({ betweenMs: Number.POSITIVE_INFINITY });
    const told = Object.assign((attempt: number) => wait(attempt), { longestMs: wait });
    expect(retry({ backoff: told }).traits()).toMatchObject({ betweenMs: 300 });
  });

  test('are those of the present options', () => {
    const policy = retry({ backoff: constant(10) });
    policy.prepareUpdate({ attempts: 6 })();
    expect(policy.traits()).toMatchObject({ attempts: 6, betweenMs: 50, askedMs: 5 * 33_000 });
  });
});

describe('an update', () => {
  test('holds for the next failure, also of a call under way, and keeps the counts', async () => {
    const { clock, policy, protect, dependency, startedAt } = setUp([{ afterMs: 50, error: down }], { attempts: 2 });
    const result = ending(protect.run(dependency));
    await clock.advance(10);
    policy.prepareUpdate({ attempts: 3, backoff: constant(1_000) })();
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 1_050, 2_100]);
    policy.prepareUpdate({ attempts: 1 })();
    expect(policy.snapshot()).toMatchObject({ attempts: 1, retries: 2, denied: { attempts: 1 } });
  });

  test('changes nothing before it is made', async () => {
    const { policy } = setUp([UP], { attempts: 5 });
    const make = policy.prepareUpdate({ attempts: 2 });
    expect(policy.snapshot().attempts).toBe(5);
    make();
    expect(policy.snapshot().attempts).toBe(2);
    policy.prepareUpdate({ minAttemptMs: 10 })();
    expect(policy.snapshot().attempts).toBe(2);
  });

  test('leaves a wait that has begun, which is paid back to the budget that paid for it', async () => {
    const clock = new VirtualClock();
    const budgets = [1, 2].map(() => retryBudget({ clock, ratio: 0.1, minPerSecond: 0 }));
    const { policy, protect, dependency } = setUp([DOWN], { clock, budget: budgets[0] });
    const controller = new AbortController();
    const result = ending(protect.run(dependency, { signal: controller.signal }));
    await clock.advance(50);
    policy.prepareUpdate({ budget: budgets[1], backoff: constant(5) })();
    expect(clock.pendingTimers).toMatchObject([{ inMs: 50 }]);
    controller.abort('gone');
    expect(await result).toEqual({ error: 'gone' });
    expect(budgets.map((budget) => budget.snapshot().tokens)).toEqual([10, 10]);
  });

  test('leaves the tokens of its own budget as they are, also while another was in use', async () => {
    const { clock, policy, protect, dependency } = setUp([DOWN]);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    const { tokens } = policy.snapshot().budget as { tokens: number };
    expect(tokens).toBeLessThan(9);
    policy.prepareUpdate({ attempts: 2 })();
    policy.prepareUpdate({ budget: false })();
    expect(policy.snapshot().budget).toEqual({});
    policy.prepareUpdate({ budget: undefined })();
    expect(policy.snapshot().budget).toMatchObject({ tokens });
  });

  test.each([
    [{ attempts: 0 }, 'attempts'],
    [{ attemps: 3 }, 'attemps'],
    [{ retryAfter: false }, 'maxRetryAfterMs'],
    [{ budget: {} }, 'budget'],
    [{ name: 'other' }, 'name'],
    [{ clock: new VirtualClock() }, 'clock'],
    [{ random: () => 0.5 }, 'random'],
    [{ budget: retryBudget({ clock: new VirtualClock() }) }, 'budget.clock'],
    [Promise.resolve({}), 'options'],
  ])('refuses %j, naming the retry', (changes, option) => {
    const { policy } = setUp([UP], { name: 'thrice', maxRetryAfterMs: 1_000 });
    const before = policy.snapshot();
    const refused = { name: 'ConfigError', option, policy: expect.stringMatching(/^(thrice|other)$/) as string };
    expect(() => policy.prepareUpdate(changes)).toThrow(expect.objectContaining(refused) as ConfigError);
    expect(policy.snapshot()).toEqual(before);
  });
});

test('a decorrelated wait grows with what was drawn, and never beyond the bound it tells', () => {
  const backoff = decorrelatedJitter({ baseMs: 10, capMs: 2_000 });
  const outcome = {} as never;
  let previousMs = 0;
  for (let attempt = 1; attempt < 12; attempt++) {
    previousMs = backoff(attempt, { previousMs, outcome, random: () => 1 - 2 ** -32 });
    const longestMs = backoff.longestMs!(attempt);
    expect(previousMs).toBeLessThanOrEqual(longestMs);
    expect(previousMs).toBeGreaterThan(longestMs * 0.99);
  }
});

test('a wait is paid back to the budget that paid for it, whoever changes it meanwhile', async () => {
  const clock = new VirtualClock();
  const [first, second] = [retryBudget({ clock, reserve: 5 }), retryBudget({ clock, reserve: 5 })];
  const p = pipeline({ name: 'p', clock }, retry({ clock, idempotent: true, budget: first, backoff: constant(100) }));
  const unsubscribe = subscribe((event) => event.type === 'retry.scheduled' && p.update({ retry: { budget: second } }));
  const caller = new AbortController();
  const run = p.run(() => Promise.reject(new Error('down')), { signal: caller.signal }).catch(() => {});
  await clock.advance(10);
  caller.abort();
  await run;
  unsubscribe();

  const tokens = [first, second].map((budget) => Math.floor(budget.snapshot().tokens));
  expect(tokens).toEqual([5, 5]);
});

test.each([Number.NaN, -1, 0])('a budget that is given back %s is as it was', (tokens) => {
  const clock = new VirtualClock();
  const budget = retryBudget({ clock, reserve: 5 });
  budget.withdraw();
  budget.giveBack(tokens);
  expect(budget.snapshot().tokens).toBe(4);
});
