// What a hedge tells, asks and pays when several things happen at once, and at the ends of its ranges.
import { Outcome, pipeline, subscribe, trailOf } from '@holdfast/core';
import type { CallContext, Guard } from '@holdfast/core';
import { expect, onTestFinished, test } from 'vitest';
import { constant } from '../src/backoff.ts';
import { HedgeDelay, readDelay } from '../src/hedge-delay.ts';
import { hedge } from '../src/hedge.ts';
import type { RetryBudget } from '../src/retry-budget.ts';
import { retry } from '../src/retry.ts';
import { ending } from './harness.ts';
import { hedgeEvents, permits, setUpHedge } from './hedge-harness.ts';

const down = new Error('down');
const wish = Object.assign(new Error('busy'), { retryAfterMs: 5_000 });

/** A budget that writes down what it is asked, and pays so many extra attempts. */
function ledger(pays: number): RetryBudget & { deposits: number; asked: number } {
  return {
    deposits: 0,
    asked: 0,
    deposit() {
      this.deposits++;
    },
    withdraw() {
      return ++this.asked <= pays ? 1 : 0;
    },
    giveBack() {},
    snapshot: () => ({}),
  };
}

function faultsFromHere(): unknown[] {
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.error)));
  return faults;
}

test('attempts are numbered on from the one the call came with', async () => {
  const { clock, protect, dependency } = setUpHedge([{ error: down }, { afterMs: 500 }, { afterMs: 500, value: 'up' }], {
    isRetry: () => false,
    attempts: 3,
  });
  const outer = pipeline({ name: 'outer', clock }, retry({ clock, idempotent: true, backoff: constant(10), budget: false }));
  const result = outer.run((call) => protect.run(dependency, call));
  await clock.runAll();
  await result;
  expect(dependency.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
});

test('each hedge tells how long the attempt before it had been under way', async () => {
  const events = hedgeEvents();
  const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 1_000, error: down }], { attempts: 3 });
  const result = ending(protect.run(dependency));
  await clock.advance(50);
  policy.prepareUpdate({ delayMs: 300 })();
  await clock.runAll();
  await result;
  expect(events).toMatchObject([
    { type: 'hedge.started', at: 100, afterMs: 100, attempt: 2 },
    { type: 'hedge.started', at: 400, afterMs: 300, attempt: 3 },
  ]);
  expect(trailOf(down)).toMatchObject([
    { did: 'hedged', ms: 100 },
    { did: 'hedged', ms: 300 },
  ]);
});

test('a failure among attempts that run makes no other begin before its time', async () => {
  const { clock, protect, dependency, startedAt } = setUpHedge(
    [{ afterMs: 110, error: down }, { afterMs: 300, value: 'up' }, { afterMs: 300 }],
    { attempts: 3 },
  );
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(startedAt()).toEqual([0, 100, 200]);
});

test('a slow answer of a hedge has won, and earns the budget; an answer of the first attempt earns as much, and a failure nothing', async () => {
  const budget = ledger(9);
  const inside = [{ slowCallMs: 50, exit: () => {} }];
  const { clock, policy, protect, dependency } = setUpHedge(
    [{ afterMs: 1_000 }, { afterMs: 60, value: 'up' }, { afterMs: 60, value: 'up' }, { error: down }],
    { budget },
    { inside },
  );
  const seen: number[][] = [];
  for (let call = 0; call < 3; call++) {
    await Promise.all([ending(protect.run(dependency)), clock.runAll()]);
    seen.push([policy.snapshot().won, budget.deposits]);
  }
  expect(seen).toEqual([
    [1, 1],
    [1, 2],
    [1, 2],
  ]);
});

test('what the classifier ignores has not won, and earns nothing', async () => {
  const budget = ledger(9);
  const classify = () => 'ignored' as const;
  const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 1_000 }, { afterMs: 10 }], { budget }, { classify });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect([policy.snapshot().won, budget.deposits]).toEqual([0, 0]);
});

test('a wish that cannot be read counts as one: no other attempt begins', async () => {
  const retryAfter = (): never => {
    throw new Error('bug');
  };
  const steps = [
    { afterMs: 110, error: down },
    { afterMs: 300, value: 'up' },
  ];
  const { clock, policy, protect, dependency } = setUpHedge(steps, { attempts: 3, retryAfter });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(dependency.calls).toHaveLength(2);
  expect(policy.snapshot().denied).toMatchObject({ forbidden: 1 });
});

test('a wish to be asked again at once is none to be left alone', async () => {
  const now = Object.assign(new Error('again'), { retryAfterMs: 0 });
  const { clock, protect, dependency } = setUpHedge([{ afterMs: 110, error: now }, { afterMs: 300, value: 'up' }, {}], {
    attempts: 3,
  });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(dependency.calls).toHaveLength(3);
});

test.for([
  [150, 1],
  [151, 2],
] as const)('with %i ms in all, and 50 needed after 100, there are %i attempts', async ([timeoutMs, attempts]) => {
  const { clock, protect, dependency } = setUpHedge([{ afterMs: 140, value: 'up' }], { minAttemptMs: 50 });
  await Promise.all([protect.run(dependency, { timeoutMs }), clock.runAll()]);
  expect(dependency.calls).toHaveLength(attempts);
});

test('a failure that the budget pays nothing for is the last word: the timer asks no more', async () => {
  const budget = ledger(1);
  const { clock, policy, protect, dependency } = setUpHedge(
    [
      { afterMs: 110, error: down },
      { afterMs: 500, value: 'up' },
    ],
    { attempts: 4, hedgeOn: () => true, budget },
  );
  const result = protect.run(dependency);
  await clock.advance(110);
  expect(clock.pendingTimers).toHaveLength(1); // the dependency’s own
  await clock.runAll();
  await expect(result).resolves.toBe('up');
  expect(budget.asked).toBe(2);
  expect(policy.snapshot().denied).toMatchObject({ budget: 1 });
});

test('where all attempts are made, a failure asks for no other', async () => {
  const budget = ledger(9);
  const { clock, policy, protect, dependency } = setUpHedge(
    [
      { afterMs: 150, error: down },
      { afterMs: 500, value: 'up' },
    ],
    { hedgeOn: () => true, budget },
  );
  const before = policy.snapshot().denied;
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(dependency.calls).toHaveLength(2);
  expect(budget.asked).toBe(1);
  expect(policy.snapshot().denied).toEqual(before);
});

test('the first reason against another attempt stands, and the budget is not asked any more', async () => {
  const budget = ledger(9);
  const events = hedgeEvents();
  const { clock, policy, protect, dependency } = setUpHedge(
    [
      { afterMs: 250, error: wish },
      { afterMs: 210, value: 'up' },
    ],
    { attempts: 4, minAttemptMs: 50, budget },
    { inside: [permits(2)] },
  );
  // given a third attempt that is refused at 200, a wish at 250, and too little time left at 300
  await Promise.all([protect.run(dependency, { timeoutMs: 320 }), clock.runAll()]);
  expect(policy.snapshot().denied).toMatchObject({ refused: 1, forbidden: 0, deadline: 0, budget: 0 });
  expect(events).toContainEqual(expect.objectContaining({ type: 'hedge.denied', reason: 'refused', attempt: 4, at: 300 }));
  expect(budget.asked).toBe(2);
});

test('a first attempt that is refused has paid nothing, so nothing is given back for it', async () => {
  const faults = faultsFromHere();
  const { protect, dependency } = setUpHedge([{}], {}, { inside: [permits(0)] });
  expect(await ending(protect.run(dependency))).toMatchObject({ error: { message: 'full' } });
  expect(faults).toEqual([]);
});

test('an error is no answer to let go of', async () => {
  const gone: unknown[] = [];
  const { clock, protect, dependency } = setUpHedge(
    [
      { afterMs: 110, error: down },
      { afterMs: 50, value: 'up' },
    ],
    { discard: (outcome) => gone.push(outcome) },
  );
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(gone).toEqual([]);
});

test('an attempt that our own blocked event loop ran out of time does not end the call', async () => {
  const limit: Guard = {
    enter: (call) => (call.attempt === 1 ? call.limit(150, () => new Error('late')) : undefined),
  };
  const { clock, protect, dependency } = setUpHedge([{ afterMs: 900 }, { afterMs: 400, value: 'up' }], {}, { inside: [limit] });
  const result = protect.run(dependency);
  await clock.advance(120);
  clock.stall(180);
  await clock.runAll();
  await expect(result).resolves.toBe('up');
  expect(dependency.calls).toHaveLength(2);
});

test('once the call is over, nobody is asked what a failure of its attempts means', async () => {
  let asked = 0;
  const retryAfter = (): undefined => void asked++;
  const { clock, protect, dependency } = setUpHedge([{ afterMs: 1_000 }], { attempts: 3, retryAfter });
  const result = ending(protect.run(dependency, { timeoutMs: 150 }));
  await clock.runAll();
  expect(await result).toMatchObject({ error: { code: 'HOLDFAST_DEADLINE' } });
  expect(asked).toBe(0);
});

const ADAPTIVE = { initialMs: 100, minMs: 1, minimumSamples: 20 };

test('an answer that a policy inside gave without asking the dependency teaches nothing', async () => {
  const answers: Guard = { exit: () => new Outcome('success', false, 'cached', undefined, undefined, false) };
  const { clock, policy, protect, dependency } = setUpHedge([{}], { delayMs: ADAPTIVE }, { inside: [answers, permits(0)] });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(policy.snapshot().samples).toBe(0);
});

test('a slow answer teaches as much as a quick one', async () => {
  const inside = [{ slowCallMs: 10, exit: () => {} }];
  const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 20 }], { delayMs: ADAPTIVE }, { inside });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(policy.snapshot().samples).toBe(1);
});

test('a failure is judged by the delay its attempt was waited for, not by the present one', async () => {
  const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 50, error: down }], { delayMs: ADAPTIVE });
  const result = ending(protect.run(dependency));
  await clock.advance(10);
  policy.prepareUpdate({ delayMs: { ...ADAPTIVE, initialMs: 20 } })();
  await clock.runAll();
  await result;
  expect(policy.snapshot()).toMatchObject({ delayMs: 20, samples: 0 });
});

test('updates add up, and the options it was given may be changed by their owner', () => {
  const options = { attempts: 3, delayMs: 70 };
  const policy = hedge(options);
  options.delayMs = 5;
  policy.prepareUpdate({ idempotent: true })();
  policy.prepareUpdate({ attempts: 4 })();
  policy.prepareUpdate({ minAttemptMs: 1 })();
  expect(policy.snapshot()).toMatchObject({ attempts: 4, delayMs: 70 });
});

test('an update of the window reckons from the time it is made', async () => {
  const run = (call: CallContext): Promise<void> => (call.attempt === 1 ? clock.sleep(20) : Promise.reject(down));
  const { clock, policy, protect } = setUpHedge([{}], { delayMs: { ...ADAPTIVE, windowMs: 10_000 } });
  await clock.advance(1_000);
  await Promise.all([protect.run(run), clock.advance(20)]);
  policy.prepareUpdate({ delayMs: { ...ADAPTIVE, windowMs: 100 } })();
  await clock.advance(29);
  await Promise.all([protect.run(run), clock.advance(20)]);
  expect(policy.snapshot().samples).toBe(2);
  await clock.advance(32);
  await Promise.all([protect.run(run), clock.advance(20)]);
  expect(policy.snapshot().samples).toBe(1);
});

test('a delay may have no room at all, and begin with the least or the longest', () => {
  for (const given of [{ minMs: 50, maxMs: 50 }, { initialMs: 10 }, { initialMs: 1_000 }]) {
    expect(() => readDelay('hedge', given)).not.toThrow();
  }
});

test('a hundred samples of the last minute make an estimate', () => {
  const delay = new HedgeDelay(readDelay('hedge', {}), 0);
  const learn = (times: number, now: number): void => {
    for (let sample = 0; sample < times; sample++) delay.learn(20, true, delay.ms, now);
  };
  learn(99, 0);
  expect(delay.ms).toBe(1_000);
  learn(1, 0);
  expect(delay.ms).toBeLessThan(25);
  learn(1, 29_999);
  learn(1, 59_999);
  expect(delay.samples).toBe(102);
  learn(1, 60_000);
  expect(delay.samples).toBe(2);
});

test('between two estimates lie sixteen samples', () => {
  const delay = new HedgeDelay(readDelay('hedge', ADAPTIVE), 0);
  const learn = (times: number, ms: number): number => {
    for (let sample = 0; sample < times; sample++) delay.learn(ms, true, delay.ms, 0);
    return Math.floor(Math.log10(delay.ms));
  };
  expect([learn(20, 20), learn(15, 200), learn(1, 200)]).toEqual([1, 1, 2]);
  expect([learn(15, 2_000), learn(1, 2_000)]).toEqual([2, 3]);
});

test('an estimate stands through an update, until there are samples enough for another', () => {
  for (const ms of [20, 0.5]) {
    const delay = new HedgeDelay(readDelay('hedge', { ...ADAPTIVE, minMs: 0.1 }), 0);
    for (let sample = 0; sample < 20; sample++) delay.learn(ms, true, delay.ms, 0);
    const learnt = delay.ms;
    delay.update(readDelay('hedge', { ...ADAPTIVE, minMs: 0.1, minimumSamples: 1_000 }), 0);
    expect([learnt < 25, delay.ms]).toEqual([true, learnt]);
  }
});

test('switched off it earns nothing and learns nothing, as if it were not there', async () => {
  const budget = ledger(9);
  const { clock, policy, protect, dependency } = setUpHedge([{ value: 'up' }], { attempts: 1, budget, delayMs: ADAPTIVE });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect([budget.deposits, policy.snapshot().samples]).toEqual([0, 0]);
});

test('a wish of half a millisecond is one', async () => {
  const { clock, policy, protect, dependency } = setUpHedge([{ afterMs: 110, error: down }, { afterMs: 300 }], {
    attempts: 3,
    retryAfter: () => 0.5,
  });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(dependency.calls).toHaveLength(2);
  expect(policy.snapshot().denied).toMatchObject({ forbidden: 1 });
});

test('a win tells how long the call took, whenever it began', async () => {
  const events = hedgeEvents();
  const { clock, protect, dependency } = setUpHedge([{ afterMs: 900 }, { afterMs: 20 }]);
  await clock.advance(5_000);
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(events).toContainEqual(expect.objectContaining({ type: 'hedge.won', at: 5_120, durationMs: 120 }));
});

test('after a blocked event loop an attempt is waited for as long once more, and no longer', async () => {
  const { clock, protect, dependency, startedAt } = setUpHedge([{ afterMs: 900 }, { afterMs: 20 }]);
  const result = protect.run(dependency);
  await clock.advance(50);
  clock.stall(160);
  await clock.runAll();
  await result;
  expect(startedAt()).toEqual([0, 310]);
});

test('an attempt that has ended is told nothing of what comes after', async () => {
  const signals: AbortSignal[] = [];
  const caller = new AbortController();
  const { clock, protect } = setUpHedge([{}]);
  const result = ending(
    protect.run(
      async (call) => {
        signals.push(call.signal);
        await clock.sleep(call.attempt === 1 ? 110 : 900);
        throw down;
      },
      { signal: caller.signal },
    ),
  );
  await clock.advance(200);
  caller.abort('gone');
  await clock.runAll();
  await result;
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
});

test('that the other side wants to be left alone stays the reason, though a queue inside refuses an attempt later', async () => {
  const slowDoor: Guard = {
    enter: (call) => (call.attempt === 3 ? clock.sleep(60).then(() => Promise.reject(new Error('full'))) : undefined),
  };
  const { clock, policy, protect, dependency } = setUpHedge(
    [{ afterMs: 500 }, { afterMs: 150, error: wish }],
    { attempts: 4 },
    { inside: [slowDoor] },
  );
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(policy.snapshot().denied).toMatchObject({ forbidden: 1, refused: 0 });
});

test('mistakes are said with the default name, and with what would be right', () => {
  expect(() => hedge({ attempts: 0 })).toThrow('hedge: option attempts');
  expect(() => hedge({ hedgeOn: 5 as never })).toThrow('hedgeOn must be a function (outcome, call) => boolean');
});
