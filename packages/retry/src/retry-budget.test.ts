import { Outcome } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryBudget } from './retry-budget.ts';
import type { LocalRetryBudget, RetryBudget, RetryBudgetOptions } from './retry-budget.ts';

const failed = Outcome.thrown(new Error('down'));
const timedOut = Outcome.thrown(new DOMException('late', 'TimeoutError'));

function budgetOn(options: RetryBudgetOptions): { clock: VirtualClock; budget: LocalRetryBudget } {
  const clock = new VirtualClock();
  return { clock, budget: retryBudget({ ...options, clock }) };
}

/** Withdraws until nothing is left. */
function drain(budget: RetryBudget): number {
  let spent = 0;
  for (let tokens = budget.withdraw(); tokens > 0; tokens = budget.withdraw()) spent += tokens;
  return spent;
}

const succeed = (budget: RetryBudget, times: number): void => {
  for (let i = 0; i < times; i++) budget.deposit();
};

test('ten successes at a ratio of 0.1 earn one retry, not nine tenths of one', () => {
  const { budget } = budgetOn({ ratio: 0.1, minPerSecond: 0, reserve: 0 });
  succeed(budget, 9);
  expect(budget.withdraw(failed)).toBe(0);
  budget.deposit();
  expect(budget.withdraw(failed)).toBe(1);
  expect(budget.withdraw(failed)).toBe(0);
});

test('the burst grows with the traffic', () => {
  const { budget } = budgetOn({});
  succeed(budget, 5_000);
  expect(drain(budget)).toBe(510);
});

test('earned tokens expire after at most the window, and live at least half of it', async () => {
  const { clock, budget } = budgetOn({ ratio: 0.5, windowMs: 10_000, minPerSecond: 0, reserve: 0 });
  succeed(budget, 20);
  await clock.advance(4_999);
  expect(budget.snapshot()).toMatchObject({ tokens: 10 });
  await clock.advance(1);
  expect(budget.snapshot()).toMatchObject({ tokens: 10 });
  await clock.advance(5_000);
  expect(budget.snapshot()).toMatchObject({ tokens: 0 });
});

test('earned tokens expire in time also when nobody asked in between', async () => {
  const { clock, budget } = budgetOn({ ratio: 0.5, windowMs: 10_000, minPerSecond: 0, reserve: 0 });
  succeed(budget, 20);
  await clock.advance(9_999);
  expect(budget.snapshot()).toMatchObject({ tokens: 10 });
  await clock.advance(1);
  expect(budget.snapshot()).toMatchObject({ tokens: 0 });
});

test('earned tokens do not outlive a long silence', async () => {
  const { clock, budget } = budgetOn({ ratio: 0.5, minPerSecond: 0, reserve: 0 });
  succeed(budget, 20);
  await clock.advance(60_000);
  succeed(budget, 2);
  expect(drain(budget)).toBe(1);
});

test('rare traffic can retry: the reserve is full at the start, and refills by time up to its size', async () => {
  const { clock, budget } = budgetOn({});
  expect(drain(budget)).toBe(10);
  await clock.advance(3_500);
  expect(drain(budget)).toBe(3);
  await clock.advance(500);
  expect(drain(budget)).toBe(1);
  await clock.advance(3_600_000);
  expect(drain(budget)).toBe(10);
});

test('a time-out costs more, unless our own event loop made it', () => {
  const { budget } = budgetOn({ timeoutCost: 3 });
  expect(budget.withdraw(timedOut)).toBe(3);
  expect(budget.withdraw(Outcome.thrown(timedOut.error, 'stalled'))).toBe(1);
  expect(budget.withdraw(failed)).toBe(1);
  expect(budget.withdraw()).toBe(1);
});

test('what was given back can be taken again, and fills the reserve no higher than it was', () => {
  const { budget } = budgetOn({ ratio: 1 });
  budget.deposit();
  const tokens = budget.withdraw();
  expect(drain(budget)).toBe(10);
  budget.giveBack(tokens);
  budget.giveBack(2);
  expect(drain(budget)).toBe(3);
});

test('given back to a full reserve, tokens are as good as earned: they expire', async () => {
  const { clock, budget } = budgetOn({ ratio: 1 });
  succeed(budget, 5);
  const tokens = budget.withdraw(timedOut);
  budget.giveBack(tokens);
  expect(budget.snapshot()).toMatchObject({ tokens: 15 });
  await clock.advance(10_000);
  expect(budget.snapshot()).toMatchObject({ tokens: 10 });
});

test('its snapshot counts what was granted and denied', () => {
  const { budget } = budgetOn({ name: 'payments', reserve: 2 });
  drain(budget);
  expect(budget.snapshot()).toEqual({ name: 'payments', tokens: 0, granted: 2, denied: 1 });
});

test('T25: whatever happens, no more is spent than was earned, refilled and reserved', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: 'deposit' as const, ms: 0 }) },
    { weight: 4, arbitrary: fc.constantFrom({ do: 'fail' as const, ms: 0 }, { do: 'timeOut' as const, ms: 0 }) },
    { weight: 2, arbitrary: fc.constant({ do: 'giveBack' as const, ms: 0 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 20_000 }).map((ms) => ({ do: 'wait' as const, ms })) },
  );
  const options = fc.record({
    ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
    minPerSecond: fc.double({ min: 0, max: 5, noNaN: true }),
    reserve: fc.integer({ min: 3, max: 20 }),
    timeoutCost: fc.integer({ min: 1, max: 3 }),
    windowMs: fc.integer({ min: 1, max: 20_000 }),
  });
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 100 }), async (given, steps) => {
      const { clock, budget } = budgetOn(given);
      const held: number[] = [];
      let deposits = 0;
      for (const { do: action, ms } of steps) {
        if (action === 'deposit') {
          deposits++;
          budget.deposit();
        } else if (action === 'giveBack') {
          const tokens = held.pop();
          if (tokens !== undefined) budget.giveBack(tokens);
        } else if (action === 'wait') await clock.advance(ms);
        else {
          const tokens = budget.withdraw(action === 'fail' ? failed : timedOut);
          expect([0, action === 'fail' ? 1 : given.timeoutCost]).toContain(tokens);
          if (tokens > 0) held.push(tokens);
        }
        const spent = held.reduce((sum, tokens) => sum + tokens, 0);
        const income = given.reserve + deposits * given.ratio + (clock.now() / 1_000) * given.minPerSecond;
        const { tokens } = budget.snapshot() as { tokens: number };
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(spent + tokens).toBeLessThanOrEqual(income + 1e-6);
      }
    }),
  );
});

test.each([
  [{ ratio: 1.1 }, 'ratio'],
  [{ ratio: 0, minPerSecond: 0 }, 'ratio'],
  [{ windowMs: 0 }, 'windowMs'],
  [{ minPerSecond: -1 }, 'minPerSecond'],
  [{ reserve: 1 }, 'reserve'],
  [{ reserve: 0 }, 'reserve'],
  [{ timeoutCost: 0.5 }, 'timeoutCost'],
  [{ ratios: 0.1 }, 'ratios'],
])('refuses %j', (options, option) => {
  expect(() => retryBudget(options as object)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});

describe('an update', () => {
  test('cuts a reserve that becomes smaller, and fills one that becomes larger by time alone', async () => {
    const { clock, budget } = budgetOn({ minPerSecond: 1, reserve: 10 });
    budget.update({ reserve: 4 });
    expect(budget.snapshot()).toMatchObject({ tokens: 4 });
    budget.update({ reserve: 100 });
    expect(budget.snapshot()).toMatchObject({ tokens: 4 });
    await clock.advance(3_000);
    expect(budget.snapshot()).toMatchObject({ tokens: 7 });
  });

  test('T22: refilling goes on, at the old rate until then and at the new one from then on', async () => {
    const { clock, budget } = budgetOn({ minPerSecond: 1, reserve: 10 });
    drain(budget);
    await clock.advance(2_000);
    budget.update({ minPerSecond: 3 });
    expect(budget.snapshot()).toMatchObject({ tokens: 2 });
    await clock.advance(1_000);
    expect(budget.snapshot()).toMatchObject({ tokens: 5 });
  });

  test('shrinks earned tokens with the ratio, and never grows them', () => {
    const { budget } = budgetOn({ ratio: 0.4, minPerSecond: 0, reserve: 0 });
    succeed(budget, 100);
    budget.update({ ratio: 0.1 });
    expect(budget.snapshot().tokens).toBeCloseTo(10);
    budget.update({ ratio: 0.4 });
    expect(budget.snapshot().tokens).toBeCloseTo(10);
    succeed(budget, 10);
    expect(budget.snapshot().tokens).toBeCloseTo(14);
  });

  test('from a ratio of 0 keeps what was given back', () => {
    const { budget } = budgetOn({ ratio: 0, minPerSecond: 1, reserve: 10 });
    budget.giveBack(2);
    budget.update({ ratio: 0.5 });
    expect(budget.snapshot()).toMatchObject({ tokens: 12 });
  });

  test('to a shorter window lets tokens expire sooner', async () => {
    const { clock, budget } = budgetOn({ ratio: 1, windowMs: 10_000, minPerSecond: 0, reserve: 0 });
    succeed(budget, 5);
    budget.update({ windowMs: 1_000 });
    await clock.advance(999);
    expect(budget.snapshot()).toMatchObject({ tokens: 5 });
    await clock.advance(1);
    expect(budget.snapshot()).toMatchObject({ tokens: 0 });
  });

  test('changes the price of a time-out', () => {
    const { budget } = budgetOn({});
    budget.update({ timeoutCost: 5 });
    expect(budget.withdraw(timedOut)).toBe(5);
    expect(budget.snapshot()).toMatchObject({ granted: 1, tokens: 5 });
  });

  test.each([
    [{ ratio: 2 }, 'ratio'],
    [{ reserve: 1 }, 'reserve'],
    [{ ratio: 0, minPerSecond: 0 }, 'ratio'],
    [{ ration: 0.2 }, 'ration'],
    [{ name: 'other' }, 'name'],
    [{ clock: new VirtualClock() }, 'clock'],
  ])('refuses %j and changes nothing', (options, option) => {
    const { budget } = budgetOn({});
    expect(() => budget.update(options as RetryBudgetOptions)).toThrow(
      expect.objectContaining({ name: 'ConfigError', option }) as Error,
    );
    expect(budget.snapshot()).toMatchObject({ tokens: 10 });
    budget.update({ timeoutCost: 3 });
    expect(drain(budget)).toBe(10);
  });

  test('makes no token, whatever is changed when', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('succeed' as const) }),
      fc.record({ do: fc.constant('withdraw' as const) }),
      fc.record({
        do: fc.constant('update' as const),
        ratio: fc.constantFrom(0.05, 0.1, 0.5, 1),
        windowMs: fc.constantFrom(100, 10_000),
        reserve: fc.constantFrom(2, 5, 50),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { budget } = budgetOn({ ratio: 0.1, minPerSecond: 1, reserve: 5 });
        let ratio = 0.1;
        let most = 5;
        for (const one of steps) {
          if (one.do === 'succeed') {
            budget.deposit();
            most += ratio;
          } else if (one.do === 'withdraw') most -= budget.withdraw();
          else {
            const { do: _, ...options } = one;
            budget.update(options);
            ratio = options.ratio;
          }
          const { tokens } = budget.snapshot();
          expect(tokens).toBeGreaterThanOrEqual(0);
          expect(tokens).toBeLessThanOrEqual(most + 1e-6);
        }
      }),
    );
  });
});
