import { describe, expect, test } from 'vitest';
import { bulkhead, isHoldfastError, pipeline, rateLimit, resilient, retry, retryBudget } from '../src/index.ts';
import type { Pipeline, ResilientOptions } from '../src/index.ts';
import { scripted, seededRandom, VirtualClock } from '../src/testing.ts';

type Shown = { readonly policy: string; readonly kind: string } & Readonly<Record<string, unknown>>;
const shown = (p: Pipeline<unknown>): readonly Shown[] => p.snapshot().policies as readonly Shown[];
const of = (p: Pipeline<unknown>, kind: string): Shown => shown(p).find((policy) => policy.kind === kind)!;

function given(options: Omit<ResilientOptions, 'clock' | 'random'>): { clock: VirtualClock; p: Pipeline } {
  const clock = new VirtualClock();
  return { clock, p: resilient('p', { clock, random: seededRandom(1), ...options }) };
}

const errorOf = (run: Promise<unknown>): Promise<unknown> => run.catch((error: unknown) => error);

test('a rate limit and a hedge are there only if asked for, each at its place', () => {
  const { p } = given({ fallback: false, hedge: {}, rateLimit: { limit: 5 } });
  expect(shown(p).map(({ kind }) => kind)).toEqual([
    'deadline',
    'retry',
    'hedge',
    'circuitBreaker',
    'rateLimit',
    'bulkhead',
    'timeout',
  ]);
  const without = given({ hedge: false, rateLimit: false }).p;
  expect(shown(without).map(({ kind }) => kind)).toEqual(['deadline', 'retry', 'circuitBreaker', 'bulkhead', 'timeout']);
});

test('all of it together contradicts nothing', () => {
  const { p } = given({ hedge: {}, rateLimit: { limit: 5, maxWaitMs: 500 } });
  expect(p.explain().findings.filter(({ severity }) => severity !== 'hint')).toEqual([]);
});

describe('the rate limit', () => {
  test('counts every attempt of a retry', async () => {
    const { clock, p } = given({ rateLimit: { limit: 3 }, retry: { attempts: 2, idempotent: true } });
    const down = scripted([{ error: new Error('down') }], { clock });
    const first = errorOf(p.run(down));
    await clock.advance(200); // the wait between the attempts; not so long that a permit comes back
    await first;
    expect(of(p, 'rateLimit')['permits']).toBe(1);
  });

  test('opens no circuit by what it refuses, and gives no permit to what an open circuit refuses', async () => {
    const { p } = given({
      retry: false,
      rateLimit: { limit: 2 },
      circuitBreaker: { name: 'breaker', window: { calls: 2 }, minimumCalls: 2 },
    });
    await p.run(() => 'answer');
    await p.run(() => 'answer');
    for (let call = 0; call < 5; call++) {
      expect(isHoldfastError(await errorOf(p.run(() => 'answer')), 'HOLDFAST_RATE_LIMITED')).toBe(true);
    }
    expect(of(p, 'circuitBreaker')).toMatchObject({ state: 'closed', calls: 2, failures: 0 });

    const open = given({
      retry: false,
      rateLimit: { limit: 10 },
      circuitBreaker: { consecutiveFailures: 1 },
    }).p;
    await errorOf(open.run(() => Promise.reject(new Error('down'))));
    await errorOf(open.run(() => 'answer'));
    expect(of(open, 'circuitBreaker')).toMatchObject({ state: 'open', refused: 1 });
    expect(of(open, 'rateLimit')['permits']).toBe(9);
  });

  test('lets who waits for its turn hold no permit of the bulkhead', async () => {
    const { clock, p } = given({
      retry: false,
      rateLimit: { limit: 1, maxWaitMs: 900, perMs: 500 },
      bulkhead: { concurrency: 1 },
    });
    await p.run(() => 'first');
    const second = p.run(() => 'second');
    await clock.advance(100);
    expect([of(p, 'rateLimit')['queued'], of(p, 'bulkhead')['inFlight']]).toEqual([1, 0]);
    await clock.advance(400);
    await expect(second).resolves.toBe('second');
  });

  test('is not charged to the time of the attempt', async () => {
    const { clock, p } = given({
      retry: false,
      timeout: { ms: 50 },
      rateLimit: { limit: 1, maxWaitMs: 900, perMs: 500 },
    });
    await p.run(() => 'first');
    const second = p.run(() => 'second');
    await clock.advance(500);
    await expect(second).resolves.toBe('second');
  });
});

describe('the hedge', () => {
  test('takes the second answer of a slow call, and asks breaker and bulkhead for each attempt', async () => {
    const { clock, p } = given({ hedge: { delayMs: 20 } });
    const answers = scripted(
      [
        { afterMs: 1_000, value: 'slow' },
        { afterMs: 5, value: 'quick' },
      ],
      { clock },
    );
    const run = p.run(answers, { idempotent: true });
    await clock.advance(20);
    expect(of(p, 'bulkhead')['inFlight']).toBe(2);
    await clock.advance(5);
    await expect(run).resolves.toBe('quick');
    expect(of(p, 'circuitBreaker')).toMatchObject({ calls: 1, failures: 0 });
    expect(of(p, 'bulkhead')['inFlight']).toBe(0);
  });

  const spendOne = async ({ clock, p }: ReturnType<typeof given>): Promise<void> => {
    const answers = scripted([{ afterMs: 1_000 }, { afterMs: 5, value: 'quick' }], { clock });
    const run = p.run(answers, { idempotent: true });
    await clock.advance(25);
    await run;
  };

  test('and the retry draw on one budget where both are standard', async () => {
    const setup = given({ hedge: { delayMs: 20 } });
    await spendOne(setup);
    expect(of(setup.p, 'retry')['budget']).toMatchObject({ granted: 1 });
    expect(of(setup.p, 'hedge')['budget']).toEqual(of(setup.p, 'retry')['budget']);
  });

  test('draws on the budget that the retry was given', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock });
    const p = resilient('p', { clock, hedge: { delayMs: 20 }, retry: { budget } });
    await spendOne({ clock, p });
    expect(budget.snapshot().granted).toBe(1);
  });

  test.each<[string, Omit<ResilientOptions, 'clock'>]>([
    ['the retry has none', { retry: { budget: false } }],
    ['there is no retry', { retry: false }],
  ])('has a budget of its own where %s', (_title, options) => {
    expect(of(given({ hedge: {}, ...options }).p, 'hedge')['budget']).toMatchObject({ granted: 0 });
  });

  test('has the budget it was given, and the retry one of its own', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ clock });
    const p = resilient('p', { clock, hedge: { delayMs: 20, budget } });
    await spendOne({ clock, p });
    expect(budget.snapshot().granted).toBe(1);
    expect(of(p, 'retry')['budget']).toMatchObject({ granted: 0 });
  });

  test('leaves a retry of one’s own as it is', () => {
    const clock = new VirtualClock();
    const own = retry({ clock, budget: false });
    const p = resilient('p', { clock, hedge: {}, retry: own });
    expect(own.snapshot().budget).toEqual({});
    expect(of(p, 'hedge')['budget']).toMatchObject({ granted: 0 });
  });
});

test('a policy of one’s own takes the place of either', () => {
  const { clock, p } = given({ hedge: { name: 'hedge', enter() {} }, rateLimit: { name: 'limit', enter() {} } });
  expect(shown(p).map(({ policy }) => policy)).toEqual([
    'deadline',
    'retry',
    'hedge',
    'circuitBreaker',
    'limit',
    'bulkhead',
    'timeout',
  ]);
  expect(() => resilient('p', { clock, rateLimit: rateLimit({ limit: 1 }) })).toThrow(/clock/);
  expect(() => pipeline({ name: 'p', clock }, bulkhead())).toThrow(/clock/);
});
