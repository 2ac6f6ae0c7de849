// The first and the last of everything, and what only looks like something else.
import { HoldfastError, Outcome, pipeline, subscribe } from '@holdfast/core';
import type { Guard } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { discardBody } from '../src/discard.ts';
import { isTimeout, neverSent } from '../src/error-codes.ts';
import { httpDate } from '../src/http-date.ts';
import { parseRetryAfter, retryAfterOf } from '../src/retry-after.ts';
import { retryBudget } from '../src/retry-budget.ts';
import type { RetryBudget } from '../src/retry-budget.ts';
import { retry } from '../src/retry.ts';
import { ending, retryEvents, setUp } from './harness.ts';

class Refused extends HoldfastError {
  override readonly name = 'Refused';
  readonly code = 'HOLDFAST_BULKHEAD_FULL';
}
const refused = (): Refused => new Refused('full', 'door');

const DOWN = { error: new Error('down') };
const ANSWER = { value: 'answer' };

/** A guard that refuses the calls of these numbers, 1 for the first. */
function door(...closedFor: number[]): Guard {
  let calls = 0;
  return {
    name: 'door',
    enter() {
      if (closedFor.includes(++calls)) throw refused();
    },
  };
}

test.each(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((month, index) => ({ month, index })),
)('reads $month in a date', ({ month, index }) => {
  expect(httpDate(`Sun, 06 ${month} 1994 08:49:37 GMT`)).toBe(Date.UTC(1994, index, 6, 8, 49, 37));
});

test.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  'a date with something before or after it is none: %s',
  (date) => {
    expect(httpDate(date)).toBeDefined();
    expect(httpDate(`on ${date}`)).toBeUndefined();
    expect(httpDate(`${date} or so`)).toBeUndefined();
  },
);

test('the date a wait is judged against may have room around it', () => {
  expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:38 GMT', ' Sun, 06 Nov 1994 08:49:37 GMT ')).toBe(1_000);
});

test('a refusal of ours that says when to come again is not one that says never', () => {
  expect(retryAfterOf(Outcome.thrown(new Refused('full', 'door', 500)))).toBe(500);
});

test('reads no wish from what only looks like one', () => {
  expect(retryAfterOf(Outcome.thrown({ retryAfterMs: '500' }))).toBeUndefined();
  expect(retryAfterOf(Outcome.returned({ response: { headers: { 'retry-after': '1' } } }, 'failure'))).toBeUndefined();
  expect(retryAfterOf(Outcome.thrown({ headers: { 'content-length': '5' } }))).toBeUndefined();
});

/** An error with this many others between it and its first cause. */
const caused = (depth: number, cause: unknown): unknown => (depth === 0 ? cause : { cause: caused(depth - 1, cause) });

test('looks at an error and four causes', () => {
  const cause = { code: 'ETIMEDOUT' };
  expect([0, 1, 4, 5].map((depth) => isTimeout(caused(depth, cause)))).toEqual([true, true, true, false]);
});

test('an error whose cause is null has none, and a code that is no text is none', () => {
  expect(isTimeout(caused(1, null))).toBe(false);
  expect(isTimeout({ code: ['ETIMEDOUT'] })).toBe(false);
  expect(neverSent(Outcome.thrown(caused(2, null)))).toBe(false);
});

test('lets go of nothing where there was no answer', () => {
  expect(discardBody(Outcome.returned(null, 'failure'))).toBeUndefined();
});

test('an error is no answer to let go of', async () => {
  const discarded: unknown[] = [];
  const { protect, dependency, clock } = setUp([DOWN, ANSWER], { discard: (outcome) => discarded.push(outcome) });
  const end = ending(protect.run(dependency));
  await clock.advance(100);
  expect(await end).toEqual({ value: 'answer' });
  expect(discarded).toEqual([]);
});

test('only what took a retry has recovered', async () => {
  const { protect, policy } = setUp([ANSWER]);
  await protect.run(() => 'answer');
  expect(policy.snapshot().recovered).toBe(0);
});

test('waits as long as it may, and not longer', async () => {
  const wish = (retryAfterMs: number): Error => Object.assign(new Error('busy'), { retryAfterMs });
  for (const [ms, starts] of [
    [2_000, [0, 2_000]],
    [2_001, [0]],
  ] as const) {
    const { protect, dependency, clock, startedAt } = setUp([{ error: wish(ms) }, ANSWER], { maxRetryAfterMs: 2_000 });
    const end = ending(protect.run(dependency));
    await clock.advance(3_000);
    await end;
    expect(startedAt()).toEqual(starts);
  }
});

test('the first wait follows none', async () => {
  const past: number[] = [];
  const backoff = (_attempt: number, { previousMs }: { previousMs: number }): number => {
    past.push(previousMs);
    return 7;
  };
  const { protect, dependency, clock } = setUp([DOWN, DOWN, ANSWER], { backoff });
  const end = ending(protect.run(dependency));
  await clock.advance(100);
  await end;
  expect(past).toEqual([0, 7]);
});

test('a refusal that was asked to be retried, and is not, has an event', async () => {
  const events = retryEvents();
  const { policy, clock } = setUp([ANSWER], { attempts: 1, retryOn: () => true });
  await ending(pipeline({ name: 'orders', clock }, policy, door(1)).run(() => 'answer'));
  expect(events).toMatchObject([{ type: 'retry.denied', reason: 'attempts', kind: 'rejected' }]);
});

/** A budget that writes down what it is asked for. */
function ledger(): { budget: RetryBudget; given: number[] } {
  const given: number[] = [];
  return {
    given,
    budget: { deposit() {}, withdraw: () => 2, giveBack: (tokens) => void given.push(tokens), snapshot: () => ({}) },
  };
}

test('a first attempt has paid nothing, so nothing is given back for it', async () => {
  const { budget, given } = ledger();
  const { policy, clock } = setUp([ANSWER], { budget });
  await ending(pipeline({ name: 'orders', clock }, policy, door(1)).run(() => 'answer'));
  expect(given).toEqual([]);
});

test('a retry that was refused before it reached the dependency gets back what it has paid', async () => {
  const { budget, given } = ledger();
  const { policy, clock } = setUp([ANSWER], { budget, attempts: 2 });
  const end = ending(
    pipeline({ name: 'orders', clock }, policy, door(2)).run(() => {
      throw new Error('down');
    }),
  );
  await clock.advance(100);
  expect(await end).toMatchObject({ error: { name: 'Refused' } });
  expect(given).toEqual([2]);
});

test.for<[what: string, outcome: Outcome]>([
  ['was refused by the dependency itself', new Outcome('rejected', true, undefined, refused(), undefined, true)],
  ['failed before the operation was called', new Outcome('failure', true, undefined, new Error('guard'), undefined, false)],
])('a retry that %s gets back what it has paid', ([_what, outcome]) => {
  const { budget, given } = ledger();
  const { policy } = setUp([ANSWER], { budget, attempts: 2, retryOn: () => false });
  const call = { id: 1, pipeline: 'orders', cancelled: false, note() {} } as never;
  void policy.exit(call, outcome, { callAttempt: 1, attempt: 2, previousMs: 0, tokens: 2, budget });
  expect(given).toEqual([2]);
});

function faultsFromHere(): unknown[] {
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.error)));
  return faults;
}

test('a refusal of the first attempt, and a retry that nobody pays, are no faults', async () => {
  const faults = faultsFromHere();
  const { policy, clock } = setUp([ANSWER], { attempts: 2, retryOn: () => true, budget: false });
  const end = ending(pipeline({ name: 'orders', clock }, policy, door(1, 2)).run(() => 'answer'));
  await clock.advance(100);
  expect(await end).toMatchObject({ error: { name: 'Refused' } });
  expect(faults).toEqual([]);
});

test('what a caller of its own gave up is not repeated, nor asked about', async () => {
  const kinds: string[] = [];
  const retryOn = ({ kind }: Outcome): boolean => kinds.push(kind) > 0;
  const { protect, policy, clock } = setUp([ANSWER], { retryOn });
  const inner = pipeline({ name: 'inner', clock });
  const signal = AbortSignal.abort('gone');
  const end = ending(protect.run((parent) => inner.run(() => 'answer', { parent, signal })));
  await clock.runAll();
  expect(await end).toEqual({ error: 'gone' });
  expect(kinds).toEqual([]);
  expect(policy.snapshot().retries).toBe(0);
});

test('a call that was told to end, and goes on to its own failure, is not repeated and not counted', async () => {
  const events = retryEvents();
  const { policy, clock } = setUp([ANSWER]);
  let calls = 0;
  const told: Guard = { enter: (call) => call.limit(50, () => new Error('late'), true) };
  const ignoring = (): Promise<never> => {
    calls++;
    return clock.sleep(80).then(() => Promise.reject(DOWN.error));
  };
  const end = ending(pipeline({ name: 'orders', clock }, told, policy).run(ignoring));
  await clock.runAll();
  await end;
  expect(calls).toBe(1);
  expect(events).toEqual([]);
  expect(Object.values(policy.snapshot().denied)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('a budget without a clock of its own goes with any', () => {
  expect(() => setUp([ANSWER], { budget: ledger().budget })).not.toThrow();
});

test('traits leave out what a budget does not tell', () => {
  expect(setUp([ANSWER], { budget: ledger().budget }).policy.traits()).not.toHaveProperty('extraRatio');
});

test('updates add up, and the options it was given may be changed by their owner', () => {
  const options = { attempts: 4, minAttemptMs: 0 };
  const policy = retry(options);
  options.attempts = 9;
  policy.prepareUpdate({ idempotent: true })();
  expect(policy.snapshot().attempts).toBe(4);
  policy.prepareUpdate({ attempts: 5 })();
  policy.prepareUpdate({ minAttemptMs: 1 })();
  expect(policy.snapshot().attempts).toBe(5);
});

test('a greater ratio makes no token of what was earned', () => {
  const budget = retryBudget({ clock: new VirtualClock(), ratio: 0.5, minPerSecond: 0, reserve: 0 });
  for (let i = 0; i < 8; i++) budget.deposit();
  budget.update({ ratio: 1 });
  expect(budget.snapshot().tokens).toBe(4);
  expect(budget.ratio).toBe(1);
});

test('updates of a budget add up, and one that never earns keeps what it has', () => {
  const budget = retryBudget({ clock: new VirtualClock(), ratio: 0, reserve: 5 });
  budget.update({ timeoutCost: 3 });
  budget.update({ reserve: 4 });
  expect(budget.snapshot().tokens).toBe(4);
  expect(budget.withdraw(Outcome.thrown({ code: 'ETIMEDOUT' }))).toBe(3);
});

test.for([Number.NaN, -1, 0])('a budget that is given back %d tokens has as many as before', (tokens) => {
  const budget = retryBudget({ clock: new VirtualClock(), reserve: 5 });
  budget.withdraw();
  budget.giveBack(tokens);
  expect(budget.snapshot().tokens).toBe(4);
  budget.giveBack(0.5);
  expect(budget.snapshot().tokens).toBe(4.5);
});

test('traits tell that where nobody looks for a wish, nobody waits for one', () => {
  expect(retry({ attempts: 3, retryAfter: false }).traits()).toMatchObject({ attempts: 3, askedMs: 0 });
  expect(retry({ attempts: 3, maxRetryAfterMs: 1_000 }).traits()).toMatchObject({ askedMs: 2 * 1_100 });
});
