import { Again, ConfigError, DeadlineError, Outcome, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, Decision, Guard, HoldfastEvent, Pipeline, Policy, PolicyCall } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fallback } from './fallback.ts';
import type { Answer, Fallback, FallbackOptions } from './fallback.ts';

class DownError extends Error {
  readonly code = 'EDOWN';
}
class VeryDownError extends DownError {}

/** How error classes were made before there were classes. */
const OldError = function OldError() {} as unknown as new () => Error;
OldError.prototype = Object.create(Error.prototype);

const down = new DownError('down');
const failingWith = (error: unknown) => async (): Promise<never> => {
  throw error;
};
const hangs = (): Promise<never> => new Promise(() => {});

const fails = failingWith(down);

/** What it rejects with; handled from the start, so that a test may look at it later. */
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What is seen further out of a policy. */
function witness(): Guard & { readonly seen: Outcome[] } {
  const seen: Outcome[] = [];
  return { name: 'witness', seen, exit: (_call, outcome) => void seen.push(outcome) };
}

/** Bounds what is inside, as a time-out or a deadline does. */
const limit = (ms: number, error: unknown = new DeadlineError('limit', ms)): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => error),
});

const refusing: Guard = {
  name: 'refusing',
  enter: () => {
    throw down;
  },
};

function events(): HoldfastEvent[] {
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => void (/^(fallback|policy)\./.test(event.type) && seen.push(event))));
  return seen;
}

const answering = <Added>(policy: Policy<Added>, ...inside: Policy[]): Pipeline<Added> =>
  pipeline({ name: 'service', classify }, policy, ...inside);

/** A caller's mistake says nothing about the dependency; an empty answer says that it is not well. */
const classify = ({
  threw,
  value,
  error,
}: {
  threw: boolean;
  value: unknown;
  error: unknown;
}): 'failure' | 'ignored' | undefined => {
  if (threw) return error instanceof SyntaxError ? 'ignored' : undefined;
  return value === 'empty' ? 'failure' : undefined;
};

describe('the answer', () => {
  test.each([['none'], [{ items: [] }], [[]], [0], [''], [false], [null], [undefined], [Symbol.iterator], [5n]])(
    'may be the value %o, the very same',
    async (value) => {
      await expect(answering(fallback(value)).run(fails)).resolves.toBe(value);
    },
  );

  test('may be made by a function, of the error, the call and its outcome', async () => {
    const make = vi.fn<Answer<unknown>>((error, call, outcome) => [error, call.key, outcome.kind]);
    await expect(answering(fallback(make)).run(fails, { key: 'tenant' })).resolves.toEqual([down, 'tenant', 'failure']);
    expect(make).toHaveBeenCalledOnce();
  });

  test('may take its time', async () => {
    const make = async (): Promise<string> => {
      await Promise.resolve();
      return 'from the cache';
    };
    await expect(answering(fallback(make)).run(fails)).resolves.toBe('from the cache');
  });

  test.each([[false], [null], [undefined], [0], ['']])('may come out of a function as %o', async (value) => {
    await expect(answering(fallback(() => value)).run(fails)).resolves.toBe(value);
    await expect(answering(fallback(() => Promise.resolve(value))).run(fails)).resolves.toBe(value);
  });

  test('may be a promise, which is waited for as long as the call may last', async () => {
    const clock = new VirtualClock();
    const given = Promise.resolve('plan B');
    await expect(answering(fallback(given)).run(fails)).resolves.toBe('plan B');
    const never = pipeline({ name: 'service', clock }, fallback(hangs())).run(fails, { timeoutMs: 10 });
    const error = errorOf(never);
    await clock.advance(10);
    expect(await error).toBeInstanceOf(DeadlineError);
  });

  test('may be a function, if a function returns it', async () => {
    const answer = (): string => 'called by the caller';
    await expect(answering(fallback(() => answer)).run(fails)).resolves.toBe(answer);
  });

  test('is made for each call, never remembered (T38)', async () => {
    let count = 0;
    const service = answering(fallback(() => ++count));
    expect([await service.run(fails), await service.run(fails)]).toEqual([1, 2]);
  });
});

describe('what is answered', () => {
  test.each([
    ['an error', fails, []],
    [
      'an error thrown at once',
      () => {
        throw down;
      },
      [],
    ],
    ['a refusal further in', () => 'never asked', [refusing]],
    ['a value that counts as a failure', () => 'empty', []],
  ])('is %s', async (_what, operation, inside) => {
    await expect(answering(fallback('plan B'), ...inside).run(operation as () => string)).resolves.toBe('plan B');
  });

  test('is a time-out, stalled or not', async () => {
    const clock = new VirtualClock();
    const service = pipeline(
      { name: 'service', clock },
      fallback((_error, _call, { kind }) => kind),
      limit(100),
    );
    const slow = service.run(hangs);
    await clock.advance(100);
    await expect(slow).resolves.toBe('failure');
    const stalled = service.run(hangs);
    clock.stall(300);
    await clock.advance(0);
    await expect(stalled).resolves.toBe('stalled');
  });

  test('is not a success, nor a slow answer', async () => {
    const clock = new VirtualClock();
    const make = vi.fn<() => string>(() => 'plan B');
    const service = pipeline({ name: 'service', clock }, fallback(make), { ...witness(), slowCallMs: 10 });
    const call = service.run(scripted([{ afterMs: 20, value: 'answer' }], { clock }));
    await clock.advance(20);
    await expect(call).resolves.toBe('answer');
    await expect(service.run(() => undefined)).resolves.toBeUndefined();
    expect(make).not.toHaveBeenCalled();
  });

  test('is not what was classified as ignored, unless asked for', async () => {
    const mistake = new SyntaxError('no such field');
    const operation = (): Promise<never> => Promise.reject(mistake);
    await expect(answering(fallback('plan B')).run(operation)).rejects.toBe(mistake);
    await expect(answering(fallback('plan B', { on: SyntaxError })).run(operation)).resolves.toBe('plan B');
    await expect(answering(fallback('plan B', { on: () => true })).run(operation)).resolves.toBe('plan B');
  });

  test('is not a mistake in the options of another policy, unless asked for: an answer would hide it', async () => {
    const mistake = new ConfigError('cache', 'keyOf(call)', 5, 'a string, or undefined');
    await expect(answering(fallback('plan B')).run(failingWith(mistake))).rejects.toBe(mistake);
    await expect(answering(fallback('plan B', { on: 'HOLDFAST_CONFIG' })).run(failingWith(mistake))).resolves.toBe('plan B');
    await expect(answering(fallback('plan B', { on: ConfigError })).run(failingWith(mistake))).resolves.toBe('plan B');
  });

  test("is never the caller's abort (T10)", async () => {
    const on = vi.fn<() => boolean>(() => true);
    const make = vi.fn<() => string>(() => 'plan B');
    const caller = new AbortController();
    const call = errorOf(answering(fallback(make, { on })).run(hangs, { signal: caller.signal }));
    caller.abort('gone');
    expect(await call).toBe('gone');
    expect(on).not.toHaveBeenCalled();
    expect(make).not.toHaveBeenCalled();
  });

  test('is not what somebody further in gave up', async () => {
    const inner = pipeline('inner');
    const operation = (parent: CallContext): Promise<never> => {
      const own = new AbortController();
      const call = inner.run(hangs, { signal: own.signal, parent });
      own.abort('not needed any more');
      return call;
    };
    await expect(answering(fallback('plan B', { on: () => true })).run(operation)).rejects.toBe('not needed any more');
  });

  test('is not an error that comes when the caller has gone already', async () => {
    const caller = new AbortController();
    const make = vi.fn<() => string>(() => 'plan B');
    // A cooperative limit waits for the operation, which ends with an error of its own in the turn of the abort.
    const cooperative: Guard = { enter: (call) => call.limit(1_000, () => down, true) };
    const service = answering(fallback(make), cooperative);
    const call = service.run(
      () => {
        caller.abort('gone');
        throw down;
      },
      { signal: caller.signal },
    );
    await expect(call).rejects.toBeDefined();
    expect(make).not.toHaveBeenCalled();
  });
});

describe('the option `on`', () => {
  const other = new RangeError('other');
  test.each([
    ['a class', DownError, [down, new VeryDownError()], [other]],
    ['the class of all errors', Error, [down, other], ['a string', null, undefined]],
    ['a list of classes', [VeryDownError, RangeError], [new VeryDownError(), other], [down]],
    ['a code', 'EDOWN', [down, { code: 'EDOWN' }], [other, null, 'EDOWN']],
    ['a list of codes and classes', ['EDOWN', RangeError] as const, [down, other], [new TypeError()]],
    ['a class that is no error', URL, [new URL('x:')], [down]],
    ['a constructor of the old kind', OldError, [new OldError()], [down]],
    ['a function', (error: unknown) => error === down, [down], [other]],
  ])('may be %s', async (_what, on, answered, passed) => {
    const service = answering(fallback('plan B', { on: on as typeof DownError }));
    for (const error of answered) await expect(service.run(failingWith(error))).resolves.toBe('plan B');
    for (const error of passed) await expect(service.run(failingWith(error))).rejects.toBe(error);
  });

  test('as a function is asked about the error, the outcome and the call', async () => {
    const on = vi.fn<(error: unknown, outcome: Outcome, call: PolicyCall) => boolean>(
      (_error, { kind }, call) => kind === 'rejected' && call.key === 'tenant',
    );
    const service = answering(fallback('plan B', { on }), refusing);
    await expect(service.run(fails, { key: 'tenant' })).resolves.toBe('plan B');
    await expect(service.run(fails)).rejects.toBe(down);
    expect(on.mock.calls[0]![0]).toBe(down);
  });

  test('as a function sees a value that counts as a failure in the outcome; no class or code fits it', async () => {
    const byValue = fallback('plan B', { on: (_error, { threw, value }) => !threw && value === 'empty' });
    await expect(answering(byValue).run(() => 'empty')).resolves.toBe('plan B');
    await expect(answering(fallback('plan B', { on: [Error, 'EDOWN'] })).run(() => 'empty')).resolves.toBe('empty');
  });

  test('that throws loses no error: the call ends as it would have without the fallback', async () => {
    const bug = new TypeError('bug in the predicate');
    const seen = events();
    const on = (): boolean => {
      throw bug;
    };
    await expect(answering(fallback('plan B', { on })).run(fails)).rejects.toBe(down);
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'fallback', error: bug }]);
  });

  test.each([
    ['a promise of yes', async () => true],
    ['a promise of no', async () => false],
    ['1', () => 1],
    ['nothing', () => undefined],
  ])('that answers with %s counts as a no, and is reported', async (_what, on) => {
    const seen = events();
    await expect(answering(fallback('plan B', { on: on as never })).run(fails)).rejects.toBe(down);
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'fallback' }]);
    expect((seen[0] as unknown as { error: Error }).error.message).toMatch(/^on must answer true or false, at once; got /);
  });

  test('is not changed, and a list is not kept (T38)', async () => {
    const on = [RangeError, 'EDOWN'] as (string | typeof DownError)[];
    const guard = fallback('plan B', Object.freeze({ on }));
    on.length = 0;
    await expect(answering(guard).run(fails)).resolves.toBe('plan B');
  });

  test.each([
    [{ on: 5 }, 'on'],
    [{ on: '' }, 'on'],
    [{ on: [] }, 'on'],
    [{ on: [() => true] }, 'on'],
    [{ name: '' }, 'name'],
    [{ when: Error }, 'when'],
  ])('and the others are checked when it is made: %o', (options, option) => {
    expect(() => fallback('plan B', options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });
});

describe('while it runs', () => {
  const update = (guard: Fallback, options: FallbackOptions): void => guard.prepareUpdate(options)();

  test('`on` may change, once that is put in effect; absent it stays, undefined brings the default back', async () => {
    const guard = fallback('plan B', { on: RangeError });
    const service = answering(guard);
    const change = guard.prepareUpdate({ on: 'EDOWN' });
    await expect(service.run(fails)).rejects.toBe(down);
    change();
    await expect(service.run(fails)).resolves.toBe('plan B');
    update(guard, {});
    await expect(service.run(failingWith(new RangeError()))).rejects.toThrow(RangeError);
    update(guard, { on: undefined });
    await expect(service.run(failingWith(new RangeError()))).resolves.toBe('plan B');
  });

  test.each([
    [{ on: 5 }, 'on'],
    [{ name: 'other' }, 'name'],
    [{ onn: Error }, 'onn'],
    [5, 'options'],
  ])('it refuses %o', (options, option) => {
    expect(() => fallback('plan B').prepareUpdate(options as never)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }),
    );
  });

  test('it may be given its name again, and mistakes are told by that', () => {
    const guard = fallback('plan B', { name: 'menu' });
    guard.prepareUpdate({ name: 'menu' })();
    expect(() => guard.prepareUpdate({ on: 5 as never })).toThrow(/^menu: option on must be /);
    expect(() => guard.prepareUpdate({ name: 'other' })).toThrow(/^menu: option name must be what it was made with/);
    expect(() => fallback('plan B', { name: 'menu', on: [] })).toThrow(/^menu: option on must be /);
  });
});

test.each([
  ['a value', 'plan B', 0],
  ['a function', () => 'plan B', Number.POSITIVE_INFINITY],
  ['a promise', Promise.resolve('plan B'), Number.POSITIVE_INFINITY],
])('an answer that is %s takes as long as its traits say', (_what, answer, answerMs) => {
  expect(fallback(answer).traits()).toEqual({ answerMs });
});

test.each([
  ['a value', 'plan B', fails, 'EDOWN'],
  ['a function', () => 'plan B', fails, 'EDOWN'],
  ['a value, for a value that failed', 'plan B', () => 'empty', undefined],
])('a call answered with %s says so in its trail, and what for', async (_what, answer, operation, reason) => {
  const trails: (readonly Decision[])[] = [];
  onTestFinished(subscribe((event) => void (event.type === 'call.finished' && trails.push(event.trail))));
  await answering(fallback(answer)).run<unknown>(operation);
  expect(trails).toMatchObject([[{ policy: 'fallback', did: 'answered', reason }]]);
});

describe('a fallback that fails itself', () => {
  const worse = new Error('the cache is down, too');
  test.each([
    [
      'throws',
      () => {
        throw worse;
      },
    ],
    ['rejects', () => Promise.reject(worse)],
  ])('because it %s: its error is what the caller gets, the event has both', async (_how, make) => {
    const seen = events();
    const outside = witness();
    await expect(pipeline('service', outside, fallback(make as () => unknown)).run(fails)).rejects.toBe(worse);
    expect(outside.seen).toMatchObject([{ kind: 'failure', threw: true, error: worse }]);
    expect(seen).toEqual([
      {
        type: 'fallback.failed',
        at: expect.any(Number) as number,
        callId: expect.any(Number) as number,
        pipeline: 'service',
        policy: 'fallback',
        error: down,
        fallbackError: worse,
      },
    ]);
  });

  test('leaves the call classified as what it was to answer for', async () => {
    const outside = witness();
    const make = (): never => {
      throw worse;
    };
    await expect(pipeline('service', outside, fallback(make), refusing).run(fails)).rejects.toBe(worse);
    expect(outside.seen).toMatchObject([{ kind: 'rejected', error: worse }]);
  });

  test('may be answered by another one further out', async () => {
    const make = (): never => {
      throw worse;
    };
    const service = pipeline('service', fallback('last resort', { on: (error) => error === worse }), fallback(make));
    await expect(service.run(fails)).resolves.toBe('last resort');
  });
});

describe('what others see', () => {
  test('further out: a success', async () => {
    const outside = witness();
    const inner = witness();
    await pipeline('service', outside, fallback('plan B'), inner).run(fails);
    expect(outside.seen).toMatchObject([{ kind: 'success', threw: false, value: 'plan B' }]);
    expect(inner.seen).toMatchObject([{ kind: 'failure', error: down }]);
  });

  test('of an answer: one event, with what it stands for', async () => {
    const seen = events();
    const clock = new VirtualClock({ startMs: 70 });
    const service = pipeline({ name: 'service', clock }, fallback('plan B', { name: 'menu' }), refusing);
    await service.run(fails);
    expect(seen).toEqual([
      {
        type: 'fallback.used',
        at: 70,
        callId: expect.any(Number) as number,
        pipeline: 'service',
        policy: 'menu',
        kind: 'rejected',
        error: down,
      },
    ]);
    expect(service.snapshot().policies[0]).toEqual({ policy: 'menu', kind: 'fallback', used: 1, failed: 0 });
  });

  test('of all its calls: how many it answered, and how many it could not', async () => {
    const clock = new VirtualClock();
    const late = Promise.withResolvers<string>();
    const answers = [() => 'plan B', () => Promise.reject(down), () => Promise.resolve('plan B'), () => late.promise];
    const guard = fallback(() => answers.shift()!());
    const service = pipeline({ name: 'service', clock }, guard);
    for (let count = 0; count < 3; count++) await errorOf(service.run(fails));
    await service.run(() => 'answer');
    expect(guard.snapshot()).toEqual({ policy: 'fallback', kind: 'fallback', used: 2, failed: 1 });
    // An answer that was cut is neither.
    const cut = errorOf(service.run(fails, { timeoutMs: 10 }));
    await clock.advance(10);
    await cut;
    late.resolve('too late');
    await clock.advance(1);
    expect(guard.snapshot()).toMatchObject({ used: 2, failed: 1 });
  });

  test('of a call that went well: nothing', async () => {
    const seen = events();
    await answering(fallback('plan B')).run(() => 'answer');
    expect(seen).toEqual([]);
  });

  test('is one answer an attempt, when it is tried again around it', async () => {
    const make = vi.fn<() => string>(() => 'plan B');
    const twice: Guard = { enter: () => 1, exit: (_call, _outcome, turn) => (turn === 1 ? new Again(2) : undefined) };
    await expect(pipeline('service', twice, fallback(make)).run(fails)).resolves.toBe('plan B');
    expect(make).toHaveBeenCalledTimes(2);
  });

  test('is one answer when the operation left behind fails late (T31)', async () => {
    const clock = new VirtualClock();
    const late = Promise.withResolvers<never>();
    const make = vi.fn<() => string>(() => 'plan B');
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const call = pipeline({ name: 'service', clock }, fallback(make), limit(100)).run(() => late.promise);
    await clock.advance(100);
    await expect(call).resolves.toBe('plan B');
    late.reject(down);
    await clock.advance(100);
    process.off('unhandledRejection', unhandled);
    expect(make).toHaveBeenCalledOnce();
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('the time of a fallback', () => {
  /** Answers on the clock, in its own time. */
  const slowAnswer = (clock: VirtualClock, afterMs: number, seen: CallContext[] = []) => {
    const cache = scripted([{ afterMs, value: 'from the cache' }], { clock });
    return (_error: unknown, call: PolicyCall): Promise<string> => {
      seen.push(call);
      return cache(call);
    };
  };

  test('is what is left of the deadline around it', async () => {
    const clock = new VirtualClock();
    const left: number[] = [];
    const make = (_error: unknown, call: PolicyCall): string => {
      left.push(call.remainingMs());
      return 'plan B';
    };
    const service = pipeline({ name: 'service', clock }, limit(1_000), fallback(make), limit(400));
    const call = service.run(hangs, { timeoutMs: 900 });
    await clock.advance(400);
    await expect(call).resolves.toBe('plan B');
    expect(left).toEqual([500]);
  });

  test('has no limit when the one that passed was inside it', async () => {
    const clock = new VirtualClock();
    const service = pipeline({ name: 'service', clock }, fallback(slowAnswer(clock, 5_000)), limit(100));
    const call = service.run(hangs);
    await clock.advance(5_100);
    await expect(call).resolves.toBe('from the cache');
  });

  test.each(['a deadline further out', "the caller's time-out"])(
    'ends with %s; what it still does is dropped quietly',
    async (what) => {
      const clock = new VirtualClock();
      const seen = events();
      const calls: CallContext[] = [];
      const around = what === 'a deadline further out' ? [limit(300)] : [];
      const options = around.length === 0 ? { timeoutMs: 300 } : {};
      const service = pipeline({ name: 'service', clock }, ...around, fallback(slowAnswer(clock, 1_000, calls)), limit(100));
      const call = errorOf(service.run(hangs, options));
      await clock.advance(300);
      expect(await call).toBeInstanceOf(DeadlineError);
      await clock.advance(1_000);
      expect(seen).toEqual([]);
      expect(clock.pendingTimers).toEqual([]);
    },
  );

  test.each([
    ['answers', (late: PromiseWithResolvers<string>) => late.resolve('late')],
    ['fails', (late: PromiseWithResolvers<string>) => late.reject(new Error('late'))],
  ])("ends with the caller's abort at once, and says nothing when it %s later", async (_how, settle) => {
    const clock = new VirtualClock();
    const seen = events();
    const outside = witness();
    const late = Promise.withResolvers<string>();
    const caller = new AbortController();
    let signal: AbortSignal | undefined;
    const make = (_error: unknown, call: PolicyCall): Promise<string> => {
      signal = call.signal;
      return late.promise;
    };
    const service = pipeline({ name: 'service', clock }, outside, fallback(make));
    const call = errorOf(service.run(fails, { signal: caller.signal }));
    await clock.advance(10);
    caller.abort('gone');
    expect(await call).toBe('gone');
    expect([signal?.aborted, signal?.reason]).toEqual([true, 'gone']);
    expect(outside.seen).toMatchObject([{ kind: 'cancelled', error: 'gone' }]);
    settle(late);
    await clock.advance(10);
    expect(seen).toEqual([]);
  });

  test('bounds the pipelines it runs, when they are given its call', async () => {
    const clock = new VirtualClock();
    const replica = pipeline({ name: 'replica', clock });
    const service = pipeline(
      { name: 'service', clock },
      limit(300),
      fallback((_error, call) => replica.run(hangs, call)),
    );
    const call = errorOf(service.run(fails));
    await clock.advance(300);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(replica.snapshot().inFlight).toBe(0);
  });
});

test('an answer that was cut sees it whenever it looks', async () => {
  const clock = new VirtualClock();
  const looked: unknown[] = [];
  const rescue = fallback(async (_error, call) => {
    await clock.sleep(500);
    looked.push(call.signal.aborted, call.remainingMs());
    return 'too late';
  });
  const run = errorOf(pipeline({ name: 'p', clock }, limit(100), rescue).run(fails));
  await clock.advance(100);
  expect(await run).toBeInstanceOf(DeadlineError);
  await clock.advance(500);
  expect(looked).toEqual([true, 0]);
});

test('what has made an answer hears nothing of how its call ends after that', async () => {
  const waiting: Guard = { name: 'waiting', exit: hangs };
  const caller = new AbortController();
  let signal: AbortSignal | undefined;
  const rescue = fallback((_error, call) => {
    ({ signal } = call);
    return 'plan B';
  });
  const clock = new VirtualClock();
  const run = errorOf(pipeline({ name: 'p', clock }, waiting, rescue).run(fails, { signal: caller.signal }));
  await clock.advance(0);
  expect(rescue.snapshot().used).toBe(1);
  caller.abort('gone');
  expect(await run).toBe('gone');
  expect(signal?.aborted).toBe(false);
});
