import { pipeline, subscribe } from '@holdfast/core';
import type { Classify, HoldfastEvents } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ending, retryEvents, setUp } from '../test/harness.ts';
import { decorrelatedJitter, fullJitter } from './backoff.ts';
import { neverSent } from './error-codes.ts';
import { retry } from './retry.ts';
import { retryBudget } from './retry-budget.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryOptions } from './retry-options.ts';

const down = new Error('down');
const DOWN = { error: down };
const UP = { value: 'up' };
const by503: Classify = ({ value }) => ((value as { status?: number } | undefined)?.status === 503 ? 'failure' : undefined);

describe('attempts', () => {
  test('a call that succeeds at once is made once, with no timer and nothing kept', async () => {
    const { clock, policy, protect } = setUp([UP]);
    await expect(protect.run(() => 'up')).resolves.toBe('up');
    expect(clock.pendingTimers).toEqual([]);
    expect(policy.snapshot()).toMatchObject({ retries: 0, recovered: 0 });
  });

  test('three calls in all by default, and the last error is the one thrown', async () => {
    const last = new Error('last');
    const { clock, policy, protect, dependency, startedAt } = setUp([DOWN, DOWN, { error: last }]);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual({ error: last });
    expect(((await result) as { error: unknown }).error).toBe(last);
    expect(startedAt()).toEqual([0, 100, 200]);
    expect(dependency.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(policy.snapshot().denied).toMatchObject({ attempts: 1 });
  });

  test('ends with the first success', async () => {
    const { clock, policy, protect, dependency } = setUp([DOWN, UP]);
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    expect(dependency.calls).toHaveLength(2);
    expect(policy.snapshot()).toMatchObject({ retries: 1, waiting: 0, recovered: 1 });
  });

  test('one attempt is no retry', async () => {
    const { protect, dependency, clock } = setUp([DOWN], { attempts: 1 });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual(DOWN);
    expect(dependency.calls).toHaveLength(1);
  });

  test('a value that counts as a failure is retried, and returned when nothing better came', async () => {
    const answers = [1, 2, 3].map((turn) => ({ value: { status: 503, turn } }));
    const { clock, protect, dependency } = setUp(answers, {}, by503);
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toEqual({ status: 503, turn: 3 });
    expect(dependency.calls).toHaveLength(3);
  });
});

describe('retryOn', () => {
  test('decides by the outcome', async () => {
    const { clock, policy, protect, dependency } = setUp([DOWN, { error: new TypeError('bug') }], {
      attempts: 5,
      retryOn: ({ error }) => !(error instanceof TypeError),
    });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toMatchObject({ error: { message: 'bug' } });
    expect(dependency.calls).toHaveLength(2);
    expect(policy.snapshot().denied).toMatchObject({ not_retryable: 1, attempts: 0 });
  });

  test('is not asked about successes, slow ones included, and what the classifier ignores', async () => {
    const kinds: string[] = [];
    const retryOn = ({ kind }: { kind: string }): boolean => kinds.push(kind) > 0;
    const { clock, protect, dependency } = setUp([UP, DOWN], { retryOn }, ({ threw }) => (threw ? 'ignored' : undefined));
    await Promise.all([ending(protect.run(dependency)), ending(protect.run(dependency)), clock.runAll()]);
    expect(dependency.calls).toHaveLength(2);
    expect(kinds).toEqual([]);
  });

  test('refusals of our own policies are retried only if asked for', async () => {
    const refusal = new Error('refused');
    const runs = async (retryOn?: () => boolean): Promise<number> => {
      const clock = new VirtualClock();
      let entered = 0;
      const door = {
        enter: () => {
          entered++;
          throw refusal;
        },
      };
      const protect = pipeline({ name: 'orders', clock }, retry({ clock, ...(retryOn && { retryOn }) }), door);
      const result = ending(protect.run(() => 'never'));
      await clock.runAll();
      expect(await result).toEqual({ error: refusal });
      return entered;
    };
    expect(await runs()).toBe(1);
    // It never ran, so nobody need have said that it is idempotent.
    expect(await runs(() => true)).toBe(3);
  });

  test('an attempt that our own blocked event loop ran out of time is retried', async () => {
    const clock = new VirtualClock();
    const late = new Error('late');
    const limit = { enter: (call: { limit(ms: number, make: () => unknown): unknown }) => void call.limit(50, () => late) };
    const protect = pipeline({ name: 'orders', clock }, retry({ clock, idempotent: true, random: () => 0 }), limit);
    const kinds: unknown[] = [];
    const events = retryEvents();
    let calls = 0;
    const result = protect.run(() => (++calls === 1 ? new Promise(() => {}) : 'up'));
    await clock.advance(0);
    clock.stall(80);
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    for (const event of events) kinds.push('kind' in event && event.kind);
    expect(kinds).toEqual(['stalled']);
  });
});

describe('idempotency', () => {
  const attemptsOf = async (option: boolean | undefined, own: boolean | undefined, error: unknown = down): Promise<number> => {
    const { clock, protect, dependency } = setUp([{ error }], { idempotent: option, unsent: neverSent });
    const result = ending(protect.run(dependency, { idempotent: own }));
    await clock.runAll();
    await result;
    return dependency.calls.length;
  };

  test.each([
    [undefined, undefined, 1],
    [undefined, true, 3],
    [undefined, false, 1],
    [true, undefined, 3],
    [true, false, 1],
    [false, undefined, 1],
    [false, true, 3],
  ])('T24: by the option %s and the call %s there are %i attempts', async (option, own, attempts) => {
    expect(await attemptsOf(option, own)).toBe(attempts);
  });

  test('what was never sent is repeated where nobody said anything, and never against their word', async () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(await attemptsOf(undefined, undefined, refused)).toBe(3);
    expect(await attemptsOf(undefined, false, refused)).toBe(1);
    expect(await attemptsOf(false, undefined, refused)).toBe(1);
  });

  test('without the option unsent, no failure of an operation that ran is known to be harmless', async () => {
    const { clock, protect, dependency } = setUp([{ error: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }], {
      idempotent: undefined,
    });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(dependency.calls).toHaveLength(1);
  });

  test('the refusal to retry is told', async () => {
    const events = retryEvents();
    const { protect, dependency, clock, policy } = setUp([DOWN], { idempotent: undefined });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(events).toMatchObject([
      { type: 'retry.denied', reason: 'not_idempotent', attempt: 1, error: down, pipeline: 'orders' },
    ]);
    expect(policy.snapshot().denied).toMatchObject({ not_idempotent: 1 });
  });
});

describe('waits', () => {
  test('T23: the backoff gets the number of the attempt, its own last answer and the chance', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN], {
      attempts: 4,
      backoff: decorrelatedJitter({ baseMs: 100, capMs: 10_000 }),
      random: () => 0.5,
    });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 200, 550, 1_125]);
  });

  test('calls running at once do not share their backoff', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN], {
      backoff: decorrelatedJitter({ baseMs: 100, capMs: 10_000 }),
      random: () => 0.5,
    });
    const results = [ending(protect.run(dependency)), ending(protect.run(dependency))];
    await clock.runAll();
    await Promise.all(results);
    expect(startedAt()).toEqual([0, 0, 200, 200, 550, 550]);
  });

  test('a function of the caller is a backoff', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN], { backoff: (attempt) => attempt * 10 });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 10, 30]);
  });

  test('full jitter of 50 ms is the default', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN], { backoff: undefined, random: () => 0.5 });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 25, 75]);
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5' as never])(
    'T23: a backoff that answers %s ends the call with its own outcome, is reported, and costs nothing',
    async (nonsense) => {
      const { clock, policy, protect, dependency } = setUp([DOWN], { backoff: () => nonsense });
      const result = ending(protect.run(dependency));
      await clock.runAll();
      expect(await result).toEqual(DOWN);
      expect(dependency.calls).toHaveLength(1);
      expect(policy.snapshot()).toMatchObject({ waiting: 0, budget: { tokens: 10, granted: 0 } });
    },
  );

  test('T7: a callback that throws leaves the outcome as it was', async () => {
    const bug = (): never => {
      throw new Error('bug');
    };
    for (const option of ['retryOn', 'backoff', 'retryAfter', 'isRetry'] as const) {
      const { clock, protect, dependency } = setUp([DOWN], { [option]: bug });
      const result = ending(protect.run(dependency));
      await clock.runAll();
      expect(await result).toEqual(DOWN);
    }
  });
});

describe('callbacks that answer with what is no answer', () => {
  const budgetOf = (withdraw: () => unknown): RetryBudget =>
    ({ deposit() {}, withdraw, giveBack() {}, snapshot: () => ({}) }) as RetryBudget;

  test.each<[string, RetryOptions]>([
    ['retryOn', { retryOn: (async () => false) as never }],
    ['retryOn', { retryOn: () => 'yes' as never }],
    ['retryOn', { retryOn: () => undefined as never }],
    ['isRetry', { isRetry: (async () => false) as never }],
    ['unsent', { idempotent: undefined, unsent: (async () => false) as never }],
    ['retryAfter', { retryAfter: (async () => 5) as never }],
    ['retryAfter', { retryAfter: () => Number.NaN }],
    ['budget.withdraw', { budget: budgetOf(async () => 0) }],
    ['budget.withdraw', { budget: budgetOf(() => Number.NaN) }],
    ['budget.withdraw', { budget: budgetOf(() => '1') }],
    ['budget.withdraw', { budget: budgetOf(() => -1) }],
  ])('%s: the attempt was the last one, and it is reported', async (option, options) => {
    const faults: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push([event.policy, event.error])));
    const { clock, protect, dependency } = setUp([DOWN], options);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    expect(await result).toEqual(DOWN);
    expect(dependency.calls).toHaveLength(1);
    const message = expect.stringMatching(new RegExp(`^${option} must answer`)) as string;
    expect(faults).toEqual([['retry', expect.objectContaining({ message })]]);
  });
});

describe('the wish of the other side', () => {
  const hinted = (retryAfterMs: number): Error => Object.assign(new Error('busy'), { retryAfterMs });

  test('takes the place of the backoff, and leaves the backoff where it was', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN, { error: hinted(2_000) }, DOWN], {
      attempts: 4,
      backoff: decorrelatedJitter({ baseMs: 100, capMs: 10_000 }),
      random: () => 0.5,
    });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 200, 2_300, 2_650]);
  });

  test('is stretched by up to a tenth, never undercut', async () => {
    const { clock, protect, dependency, startedAt } = setUp([{ error: hinted(2_000) }], { attempts: 2, random: () => 0.999 });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()[1]).toBeCloseTo(2_199.8, 6);
  });

  test('T33: zero means at once, not absent', async () => {
    const { clock, protect, dependency, startedAt } = setUp([{ error: hinted(0) }], { random: () => 0.9 });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 0, 0]);
  });

  test('T33: a huge one gives the retry up rather than coming early', async () => {
    const events = retryEvents();
    const { clock, protect, dependency } = setUp([{ error: hinted(30_001) }]);
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(dependency.calls).toHaveLength(1);
    expect(clock.now()).toBe(0);
    expect(events).toMatchObject([{ type: 'retry.denied', reason: 'too_long' }]);
    const patient = setUp([{ error: hinted(30_001) }], { maxRetryAfterMs: 60_000 });
    const late = ending(patient.protect.run(patient.dependency));
    await patient.clock.runAll();
    await late;
    expect(patient.startedAt()).toEqual([0, 30_001, 60_002]);
  });

  test('is read from the headers of a value that counts as a failure', async () => {
    const busy = { status: 503, headers: new Headers({ 'retry-after': '7' }) };
    const { clock, protect, dependency, startedAt } = setUp([{ value: busy }, UP], {}, by503);
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toBe('up');
    expect(startedAt()).toEqual([0, 7_000]);
  });

  test('"never" by an overloaded server is obeyed, and costs nothing', async () => {
    const events = retryEvents();
    const busy = { status: 503, headers: { 'x-holdfast-shed': 'reason=deadline; scope=local; retry=never' } };
    const { clock, policy, protect, dependency } = setUp([{ value: busy }], {}, by503);
    const result = protect.run(dependency);
    await clock.runAll();
    await expect(result).resolves.toBe(busy);
    expect(dependency.calls).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'retry.denied', reason: 'forbidden', kind: 'failure', error: undefined }]);
    expect(policy.snapshot()).toMatchObject({ budget: { tokens: 10 } });
  });

  test('T33: switched off, it is not noticed', async () => {
    const { clock, protect, dependency, startedAt } = setUp([{ error: hinted(2_000) }], { retryAfter: false });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 100, 200]);
  });

  test('may be read by a function of the caller', async () => {
    const { clock, protect, dependency, startedAt } = setUp([DOWN], {
      retryAfter: ({ error }) => (error === down ? 300 : undefined),
    });
    const result = ending(protect.run(dependency));
    await clock.runAll();
    await result;
    expect(startedAt()).toEqual([0, 300, 600]);
  });
});

describe('the time left', () => {
  test('a wait that does not fit is not begun: the call ends at once with what it has', async () => {
    const events = retryEvents();
    const { clock, protect, dependency, policy } = setUp([DOWN], { backoff: (attempt) => attempt * 100 });
    const result = ending(protect.run(dependency, { timeoutMs: 300 }));
    await clock.advance(100);
    expect(await result).toEqual(DOWN);
    expect(clock.now()).toBe(100);
    expect(events).toMatchObject([
      { type: 'retry.scheduled', attempt: 1 },
      { type: 'retry.denied', reason: 'deadline', attempt: 2 },
    ]);
    expect(policy.snapshot()).toMatchObject({ budget: { granted: 1 } });
  });

  test('the coming attempt may need time of its own', async () => {
    const attemptsWith = async (minAttemptMs: number): Promise<number> => {
      const { clock, protect, dependency } = setUp([DOWN], { minAttemptMs });
      const result = ending(protect.run(dependency, { timeoutMs: 301 }));
      await clock.runAll();
      await result;
      return dependency.calls.length;
    };
    expect(await attemptsWith(100)).toBe(3);
    expect(await attemptsWith(101)).toBe(2);
    expect(await attemptsWith(201)).toBe(1);
  });
});

describe('layers', () => {
  test('within a retry, nothing is retried once more', async () => {
    const events = retryEvents();
    const inner = setUp([DOWN]);
    const outer = pipeline(
      { name: 'outer', clock: inner.clock },
      retry({ clock: inner.clock, idempotent: true, random: () => 0 }),
    );
    const result = ending(outer.run((call) => inner.protect.run(inner.dependency, call)));
    await inner.clock.runAll();
    expect(await result).toEqual(DOWN);
    // Three by the inner one in the first attempt of the outer, then one in each further one: five, not nine.
    expect(inner.dependency.calls).toHaveLength(5);
    const denials = events.filter(({ type }) => type === 'retry.denied') as unknown as HoldfastEvents['retry.denied'][];
    expect(denials.map(({ pipeline, reason }) => `${pipeline}: ${reason}`)).toEqual([
      'orders: attempts',
      'orders: layered',
      'orders: layered',
      'outer: attempts',
    ]);
  });

  test('what counts as a retry from above can be said', async () => {
    const attemptsOf = async (attempt: number): Promise<number> => {
      const { clock, protect, dependency } = setUp([DOWN], { isRetry: (call) => Number(call.attributes['attempt']) > 1 });
      const result = ending(protect.run(dependency, { attributes: { attempt } }));
      await clock.runAll();
      await result;
      return dependency.calls.length;
    };
    expect(await attemptsOf(1)).toBe(3);
    expect(await attemptsOf(2)).toBe(1);
  });

  test('isRetry is told which attempt the call came as, 1 if nobody further out retries, and not which one has failed', async () => {
    const told: number[] = [];
    const isRetry = (_call: unknown, attempt: number): boolean => {
      told.push(attempt);
      return false;
    };
    for (const attempt of [1, 2]) {
      const { clock, protect, dependency } = setUp([DOWN], { isRetry });
      const result = ending(protect.run(dependency, { attempt }));
      await clock.runAll();
      await result;
    }
    expect(told).toEqual([1, 1, 2, 2]);
  });
});

describe('the budget', () => {
  test('once spent, a call ends at once with its own outcome', async () => {
    const events = retryEvents();
    const clock = new VirtualClock();
    const budget = retryBudget({ ratio: 0.1, minPerSecond: 0, reserve: 1, clock });
    const { policy, protect, dependency } = setUp([DOWN], { budget, clock });
    const results = [ending(protect.run(dependency)), ending(protect.run(dependency))];
    await clock.runAll();
    expect(await Promise.all(results)).toEqual([DOWN, DOWN]);
    expect(dependency.calls).toHaveLength(3);
    expect(events.filter((event) => 'reason' in event && event.reason === 'budget')).toHaveLength(2);
    expect(policy.snapshot()).toMatchObject({ denied: { budget: 2 }, budget: { tokens: 0 } });
  });

  test('successes earn it, through every pipeline that shares it', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ ratio: 0.5, minPerSecond: 0, reserve: 0, clock });
    const reads = setUp([UP], { budget, clock });
    const writes = setUp([DOWN], { budget, clock });
    for (let i = 0; i < 2; i++) {
      const read = reads.protect.run(reads.dependency);
      await clock.runAll();
      await read;
    }
    const write = ending(writes.protect.run(writes.dependency));
    await clock.runAll();
    await write;
    expect(writes.dependency.calls).toHaveLength(2);
  });

  test('failures of any kind, and what is cancelled, earn nothing', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ ratio: 1, minPerSecond: 0, reserve: 0, clock });
    const { protect, dependency } = setUp([DOWN], { budget, clock });
    await Promise.all([ending(protect.run(dependency)), clock.runAll()]);
    expect(budget.snapshot()).toMatchObject({ tokens: 0 });
  });

  test('without a word each retry has one of its own; false is none', async () => {
    const { clock, protect, dependency } = setUp([DOWN], { attempts: 100 });
    await Promise.all([ending(protect.run(dependency)), clock.runAll()]);
    // Ten in reserve, and one each second: here 100 ms apart.
    expect(dependency.calls).toHaveLength(12);
    const free = setUp([DOWN], { attempts: 100, budget: false });
    await Promise.all([ending(free.protect.run(free.dependency)), free.clock.runAll()]);
    expect(free.dependency.calls).toHaveLength(100);
  });

  test('an attempt that our own policies refused is not paid for', async () => {
    const clock = new VirtualClock();
    const budget = retryBudget({ minPerSecond: 0, clock });
    let turn = 0;
    const door = {
      enter: () => {
        if (++turn === 2) throw new Error('closed meanwhile');
      },
    };
    const protect = pipeline({ name: 'orders', clock }, retry({ clock, budget, idempotent: true }), door);
    const result = ending(protect.run(() => Promise.reject(down)));
    await clock.runAll();
    expect(await result).toMatchObject({ error: { message: 'closed meanwhile' } });
    expect(budget.snapshot()).toMatchObject({ granted: 1, tokens: 10 });
  });
});

describe('what is told', () => {
  test('every retry, with its wait and whose word it is', async () => {
    const events = retryEvents();
    const busy = Object.assign(new Error('busy'), { retryAfterMs: 40 });
    const { clock, protect, dependency } = setUp([DOWN, { error: busy }, UP], { name: 'again' });
    await Promise.all([protect.run(dependency), clock.runAll()]);
    const common = { type: 'retry.scheduled', callId: expect.any(Number), pipeline: 'orders', policy: 'again', kind: 'failure' };
    expect(events).toEqual([
      { ...common, at: 0, attempt: 1, error: down, delayMs: 100, source: 'backoff' },
      { ...common, at: 100, attempt: 2, error: busy, delayMs: 40, source: 'retry_after' },
    ]);
  });

  test('a refusal of our own policies that is not retried is not told again', async () => {
    const events = retryEvents();
    const clock = new VirtualClock();
    const door = {
      enter: () => {
        throw down;
      },
    };
    const protect = pipeline({ name: 'orders', clock }, retry({ clock }), door);
    await ending(protect.run(() => 'never'));
    expect(events).toEqual([]);
  });

  test('its snapshot is plain JSON', async () => {
    const { clock, policy, protect, dependency } = setUp([DOWN]);
    const result = ending(protect.run(dependency));
    await clock.advance(50);
    expect(JSON.parse(JSON.stringify(policy.snapshot()))).toEqual({
      policy: 'retry',
      kind: 'retry',
      attempts: 3,
      retries: 1,
      waiting: 1,
      recovered: 0,
      denied: {
        not_retryable: 0,
        attempts: 0,
        layered: 0,
        not_idempotent: 0,
        forbidden: 0,
        too_long: 0,
        deadline: 0,
        budget: 0,
      },
      budget: { name: 'retryBudget', tokens: 9.05, granted: 1, denied: 0 },
    });
    await clock.runAll();
    await result;
  });
});

test.each([
  [{ attempts: 0 }, 'attempts'],
  [{ attempts: 10_001 }, 'attempts'],
  [{ attempts: Number.POSITIVE_INFINITY }, 'attempts'],
  [{ backoff: 100 }, 'backoff'],
  [{ idempotent: 'GET' }, 'idempotent'],
  [{ retryAfter: true }, 'retryAfter'],
  [{ retryAfter: false, maxRetryAfterMs: 5 }, 'maxRetryAfterMs'],
  [{ budget: true }, 'budget'],
  [{ budget: { deposit() {} } }, 'budget'],
  [{ budget: retryBudget({ clock: new VirtualClock() }) }, 'budget.clock'],
  [{ retries: 3 }, 'retries'],
])('refuses options that cannot work: %o', (options, option) => {
  expect(() => retry(options as object)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});

test('keeps nothing of the options it was given, and takes absent ones for defaults', () => {
  const options = Object.freeze({ attempts: undefined, backoff: fullJitter(), budget: undefined, idempotent: undefined });
  expect(retry(options).snapshot()).toMatchObject({ attempts: 3, policy: 'retry' });
});
