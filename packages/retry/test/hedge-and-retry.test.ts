import { pipeline, trailOf } from '@holdfast/core';
import type { CallContext, Wrapper } from '@holdfast/core';
import { VirtualClock, scripted } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { constant } from '../src/backoff.ts';
import { hedge } from '../src/hedge.ts';
import { retryBudget } from '../src/retry-budget.ts';
import { retry } from '../src/retry.ts';
import { ending } from './harness.ts';
import { permits, witness } from './hedge-harness.ts';

const down = new Error('down');
const common = { idempotent: true, random: () => 0, backoff: constant(10) };

test('a retry around a hedge: the first attempt is hedged, the repeated ones are not', async () => {
  const clock = new VirtualClock();
  const inner = hedge({ clock, idempotent: true, delayMs: 50, budget: false });
  const protect = pipeline({ name: 'prices', clock }, retry({ ...common, clock, attempts: 3, budget: false }), inner);
  const dependency = scripted([{ afterMs: 100, error: down }], { clock });
  const result = ending(protect.run(dependency));
  await clock.runAll();
  expect(await result).toEqual({ error: down });
  expect(dependency.calls.map(({ at, attempt }) => [at, attempt])).toEqual([
    [0, 1],
    [50, 2],
    [160, 2],
    [270, 3],
  ]);
  expect(inner.snapshot().denied).toMatchObject({ layered: 2 });
  expect(trailOf(down).map(({ did, ms }) => [did, ms])).toEqual([
    ['hedged', 50],
    ['retried', 10],
    ['retried', 10],
    ['gave_up', undefined],
  ]);
});

test('a hedge around a retry: the first attempt is retried, the hedge is not', async () => {
  const clock = new VirtualClock();
  const inner = retry({ ...common, clock, attempts: 2, budget: false });
  const protect = pipeline({ name: 'prices', clock }, hedge({ clock, idempotent: true, delayMs: 50, budget: false }), inner);
  const dependency = scripted(
    [{ afterMs: 60, error: down }, { afterMs: 15, error: down }, { afterMs: 5, value: 'up' }, { value: 'never' }],
    { clock },
  );
  const result = protect.run(dependency);
  await clock.runAll();
  await expect(result).resolves.toBe('up');
  expect(dependency.calls.map(({ at }) => at)).toEqual([0, 50, 70]);
  expect(inner.snapshot()).toMatchObject({ recovered: 1, denied: { attempts: 0, layered: 1 } });
});

test('both spend from one budget', async () => {
  const clock = new VirtualClock();
  const budget = retryBudget({ clock, ratio: 0.001, minPerSecond: 0, reserve: 2 });
  const protect = pipeline(
    { name: 'prices', clock },
    retry({ ...common, clock, budget }),
    hedge({ clock, idempotent: true, delayMs: 50, budget }),
  );
  const dependency = scripted([{ afterMs: 100, error: down }], { clock });
  const result = ending(protect.run(dependency));
  await clock.runAll();
  await result;
  expect(dependency.calls).toHaveLength(3);
  expect(budget.snapshot()).toMatchObject({ tokens: 0, granted: 2, denied: 1 });
});

test('a retry outside leaves a hedge’s refusal alone, as it would without a hedge', async () => {
  const clock = new VirtualClock();
  const outer = retry({ ...common, clock });
  const protect = pipeline({ name: 'prices', clock }, outer, hedge({ clock, idempotent: true }), permits(0));
  expect(await ending(protect.run(() => 'never'))).toMatchObject({ error: { message: 'full' } });
  expect(outer.snapshot()).toMatchObject({ retries: 0, denied: { not_retryable: 0 } });
});

test('a wish to be left alone that one of several failures carried reaches the retry outside', async () => {
  const clock = new VirtualClock();
  const never = Object.assign(new Error('never'), { retryAfterMs: Number.POSITIVE_INFINITY });
  const outer = retry({ ...common, clock });
  const protect = pipeline({ name: 'prices', clock }, outer, hedge({ clock, idempotent: true, delayMs: 50 }));
  const result = ending(
    protect.run(
      scripted(
        [
          { afterMs: 70, error: never },
          { afterMs: 60, error: down },
        ],
        { clock },
      ),
    ),
  );
  await clock.runAll();
  expect(await result).toEqual({ error: never });
  expect(outer.snapshot().denied).toMatchObject({ forbidden: 1 });
});

test('two hedges do not multiply', async () => {
  const clock = new VirtualClock();
  const layer = (delayMs: number) => hedge({ clock, idempotent: true, delayMs, attempts: 2 });
  const protect = pipeline({ name: 'prices', clock }, layer(100), layer(30));
  const dependency = scripted([{ afterMs: 500, value: 'up' }], { clock });
  await Promise.all([protect.run(dependency), clock.runAll()]);
  expect(dependency.calls.map(({ at }) => at)).toEqual([0, 30, 100]);
});

test('an operation that is left behind by a lost attempt is known to who waits for it outside', async () => {
  const clock = new VirtualClock();
  let settledAt = Number.NaN;
  const holder = {
    exit: (call: { whenSettled(): Promise<void> | undefined }) =>
      void call.whenSettled()?.then(() => {
        settledAt = clock.now();
      }),
  };
  const seen = witness();
  const protect = pipeline({ name: 'prices', clock }, holder, hedge({ clock, idempotent: true, delayMs: 50 }), seen);
  const operation = ({ attempt }: CallContext): Promise<void> => clock.sleep(attempt === 1 ? 900 : 10);
  const result = protect.run(operation);
  await clock.advance(60);
  await result;
  expect(settledAt).toBeNaN();
  await clock.runAll();
  expect(settledAt).toBe(900);
  expect(seen.kinds).toEqual(['success', 'cancelled']);
});

test('a wrapper of one’s own may run a hedge around what it makes of the inside', async () => {
  const clock = new VirtualClock();
  const inner = hedge({ clock, idempotent: true, delayMs: 50 });
  const seen = witness();
  const own: Wrapper = {
    run: (operation, call) =>
      inner.run(async (fork) => {
        const answer = await operation(fork);
        if (answer === 'bad') throw down;
        return `${String(answer)}!` as typeof answer;
      }, call),
  };
  const protect = pipeline({ name: 'prices', clock }, seen, own);
  const dependency = scripted(
    [
      { afterMs: 5, value: 'up' },
      { afterMs: 5, value: 'bad' },
    ],
    { clock },
  );
  const ends = [ending(protect.run(dependency)), ending(protect.run(dependency))];
  await clock.runAll();
  expect(await Promise.all(ends)).toEqual([{ value: 'up!' }, { error: down }]);
  expect(seen.kinds).toEqual(['success', 'failure']);
});
