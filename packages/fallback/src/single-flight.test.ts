import { AsyncLocalStorage } from 'node:async_hooks';
import { pipeline, subscribe, trailOf } from '@holdfast/core';
import type { CallContext, Decision, Policy } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { errorOf, eventsOf, hangs, limit, witness } from '../test/cache-support.ts';
import { singleFlight } from './single-flight.ts';
import type { SingleFlightOptions } from './single-flight-options.ts';

/** A single flight in a pipeline, on a clock. */
function shared(options: SingleFlightOptions = {}, outside: readonly Policy[] = [], inside: readonly Policy[] = []) {
  const clock = new VirtualClock();
  const flight = singleFlight(options);
  const service = pipeline({ name: 'service', clock, classify }, ...outside, flight, ...inside);
  return { clock, flight, service };
}

const classify = ({ value, error }: { value: unknown; error: unknown }): 'failure' | 'ignored' | undefined => {
  if (error instanceof SyntaxError) return 'ignored';
  return value === 'empty' ? 'failure' : undefined;
};

const k = { key: 'k' };

describe('calls with the same key', () => {
  test('share one run, and the very same answer', async () => {
    const { clock, flight, service } = shared();
    const answer = { rate: 1.08 };
    const operation = scripted([{ afterMs: 50, value: answer }], { clock });
    const calls = [service.run(operation, k)];
    await clock.advance(30);
    calls.push(service.run(operation, k), service.run(operation, k));
    expect(flight.snapshot()).toMatchObject({ keys: 1, waiting: 3, runs: 1, joined: 2 });
    await clock.advance(20);
    for (const value of await Promise.all(calls)) expect(value).toBe(answer);
    expect(operation.calls).toHaveLength(1);
    expect(flight.snapshot()).toEqual({
      policy: 'singleFlight',
      kind: 'singleFlight',
      keys: 0,
      waiting: 0,
      runs: 1,
      joined: 2,
      abandoned: 0,
      renewed: 0,
      unkeyed: 0,
    });
  });

  test('begin a new run when the last one has ended: nothing is kept', async () => {
    const { service } = shared();
    let count = 0;
    expect([await service.run(() => ++count, k), await service.run(() => ++count, k)]).toEqual([1, 2]);
  });

  test.each([
    ['another key', { key: 'other' }, 2],
    ['no key', {}, 3],
  ])('are told from those with %s', async (_what, options, runs) => {
    const { clock, service, flight } = shared();
    const operation = scripted([{ afterMs: 50 }], { clock });
    const calls = [service.run(operation, k), service.run(operation, options), service.run(operation, options)];
    await clock.advance(50);
    await Promise.all(calls);
    expect(operation.calls).toHaveLength(runs);
    expect(flight.snapshot().unkeyed).toBe('key' in options ? 0 : 2);
  });

  test('are found by what keyOf says', async () => {
    const { clock, service } = shared({ keyOf: ({ attributes }) => attributes['tenant'] as string });
    const operation = scripted([{ afterMs: 50 }], { clock });
    const calls = ['a', '__proto__', 'a', '__proto__', ''].map((tenant) => service.run(operation, { attributes: { tenant } }));
    await clock.advance(50);
    await Promise.all(calls);
    expect(operation.calls).toHaveLength(3);
  });

  test.each([
    ['throws', () => JSON.parse('{') as string],
    ['answers with no string', () => 5 as never],
    ['gives a promise that fails', () => Promise.reject(new Error('later')) as never],
  ])('are refused where keyOf %s', async (_how, keyOf) => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const outside = witness();
    const { service } = shared({ keyOf }, [outside]);
    const operation = vi.fn<() => void>();
    await expect(service.run(operation)).rejects.toThrow(/JSON|keyOf\(call\)/);
    expect(outside.seen).toMatchObject([{ kind: 'rejected', ran: false }]);
    expect(operation).not.toHaveBeenCalled();
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('share what the first one is: its class, its attributes and its operation', async () => {
    const { clock, service } = shared();
    const seen: CallContext[] = [];
    const operation = (name: string) => async (call: CallContext) => {
      seen.push(call);
      await clock.sleep(10);
      return name;
    };
    const calls = [
      service.run(operation('first'), { ...k, criticality: 'sheddable', attributes: { n: 1 } }),
      service.run(operation('second'), { ...k, criticality: 'critical_plus', attributes: { n: 2 } }),
    ];
    await clock.advance(10);
    await expect(Promise.all(calls)).resolves.toEqual(['first', 'first']);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ key: 'k', criticality: 'sheddable', attributes: { n: 1 } });
  });

  test('go on each in its own async context, and so does the operation of a renewed run', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { clock, service } = shared();
    const seen: (string | undefined)[] = [];
    const call = (name: string) =>
      storage.run(name, async () => {
        const error = await errorOf(
          service.run(async () => {
            seen.push(storage.getStore());
            await clock.sleep(10);
            throw new Error(name);
          }, k),
        );
        return [storage.getStore(), (error as Error).message];
      });
    const calls = ['a', 'b', 'c'].map(call);
    await clock.advance(30);
    await expect(Promise.all(calls)).resolves.toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('made inside the run itself run alone, for they would wait for themselves', async () => {
    const { service } = shared();
    const nested = service.run((call) => service.run(() => 'inner', { ...k, parent: call }), k);
    await expect(nested).resolves.toBe('inner');
    const later = service.run(async (call) => {
      await Promise.resolve();
      return service.run(() => 'inner', { ...k, parent: call });
    }, k);
    await expect(later).resolves.toBe('inner');
  });

  test('keep the stack of the operation whole', async () => {
    const { service } = shared();
    async function queriesTheDatabase(): Promise<never> {
      await Promise.resolve();
      throw new Error('down');
    }
    async function servesTheRequest(): Promise<unknown> {
      return await service.run(queriesTheDatabase, k);
    }
    const { stack } = (await errorOf(servesTheRequest())) as Error;
    expect(stack).toMatch(/queriesTheDatabase[^]*servesTheRequest/);
  });
});

describe('who leaves', () => {
  test('takes nothing from the others, not even if it began the run', async () => {
    const { clock, flight, service } = shared();
    const operation = scripted([{ afterMs: 50, value: 'answer' }], { clock });
    const [leader, follower] = [new AbortController(), new AbortController()];
    const calls = [
      errorOf(service.run(operation, { ...k, signal: leader.signal })),
      errorOf(service.run(operation, { ...k, signal: follower.signal })),
      service.run(operation, k),
    ];
    await clock.advance(10);
    leader.abort('leader gone');
    expect(await calls[0]).toBe('leader gone');
    follower.abort('follower gone');
    expect(await calls[1]).toBe('follower gone');
    await clock.advance(0);
    expect(flight.snapshot()).toMatchObject({ keys: 1, waiting: 1 });
    await clock.advance(40);
    await expect(calls[2]).resolves.toBe('answer');
    expect(operation.calls).toMatchObject([{ aborted: false }]);
  });

  test('last takes the run with it, and the next call begins another at once', async () => {
    const { clock, flight, service } = shared();
    const seen = eventsOf(/^singleFlight/);
    const operation = scripted([{ afterMs: 50 }], { clock });
    const callers = [new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => errorOf(service.run(operation, { ...k, signal })));
    callers[0]!.abort('first');
    callers[1]!.abort('second');
    const next = service.run(operation, k);
    expect(await Promise.all(calls)).toEqual(['first', 'second']);
    expect(operation.calls).toMatchObject([{ aborted: true }, { aborted: false }]);
    await clock.advance(50);
    await next;
    expect(flight.snapshot()).toMatchObject({ keys: 0, waiting: 0, runs: 2, abandoned: 1 });
    expect(seen.at(-1)).toMatchObject({ type: 'singleFlight.abandoned', key: 'k', policy: 'singleFlight', reason: 'second' });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('by its own limit gets its own error; the run lasts as long as the most patient', async () => {
    const { clock, service } = shared();
    let inside: CallContext | undefined;
    const operation = (call: CallContext): Promise<never> => {
      inside = call;
      return hangs();
    };
    const calls = [100, 300, 200].map((timeoutMs) => errorOf(service.run(operation, { ...k, timeoutMs })));
    expect(inside?.deadline).toBe(300);
    await clock.advance(200);
    expect(await Promise.all([calls[0], calls[2]])).toMatchObject([{ timeoutMs: 100 }, { timeoutMs: 200 }]);
    expect(inside?.signal.aborted).toBe(false);
    await clock.advance(100);
    expect(await calls[1]).toMatchObject({ timeoutMs: 300 });
    expect(inside?.signal.reason).toBe(await calls[1]);
  });

  test('last by a time-out leaves it to the dependency, and by its own wish does not', async () => {
    const inside = witness();
    const { clock, service } = shared({}, [limit(100)], [inside]);
    const caller = new AbortController();
    const timedOut = [errorOf(service.run(hangs, k)), errorOf(service.run(hangs, k))];
    await clock.advance(100);
    await Promise.all(timedOut);
    const aborted = errorOf(service.run(hangs, { ...k, signal: caller.signal }));
    caller.abort('gone');
    await aborted;
    expect(inside.seen).toMatchObject([{ kind: 'failure' }, { kind: 'cancelled' }]);
  });

  test('last holds what is further out until the operation has ended, and nobody else does', async () => {
    const settled: string[] = [];
    const clock = new VirtualClock();
    const operation = scripted([{ afterMs: 500 }], { clock, ignoresSignal: true });
    const service = pipeline(
      { name: 'service', clock },
      {
        exit(call, _outcome) {
          const key = String(call.attributes['name']);
          const rest = call.whenSettled();
          if (rest === undefined) settled.push(`${key} at once`);
          else void rest.then(() => settled.push(`${key} at ${clock.now()}`));
        },
      },
      singleFlight(),
    );
    const calls = [100, 200].map((timeoutMs) =>
      errorOf(service.run(operation, { ...k, timeoutMs, attributes: { name: timeoutMs } })),
    );
    await clock.advance(200);
    await Promise.all(calls);
    await clock.advance(300);
    expect(settled).toEqual(['100 at 100', '200 at 500']);
  });

  test('cooperatively and last waits for the operation', async () => {
    const { clock, service } = shared({}, [limit(100, true)]);
    const operation = scripted([{ afterMs: 150, value: 'late' }], { clock, ignoresSignal: true });
    const call = service.run(operation, k);
    await clock.advance(100);
    expect(operation.running).toBe(1);
    await clock.advance(50);
    await expect(call).resolves.toBe('late');
  });

  test('before the run had begun leaves nothing', async () => {
    const { service, flight } = shared();
    const caller = new AbortController();
    const operation = (): Promise<never> => {
      caller.abort('at once');
      return hangs();
    };
    await expect(service.run(operation, { ...k, signal: caller.signal })).rejects.toBe('at once');
    expect(flight.snapshot()).toMatchObject({ keys: 0, waiting: 0 });
  });
});

describe('a failure', () => {
  test('is that of one call; the others share a new run, and who is next begins it (T21)', async () => {
    const { clock, flight, service } = shared();
    const seen = eventsOf(/^singleFlight/);
    const operation = (name: string, fails: boolean) => async () => {
      await clock.sleep(10);
      if (fails) throw new Error(name);
      return name;
    };
    const calls = [
      errorOf(service.run(operation('a', true), k)),
      errorOf(service.run(operation('b', true), k)),
      service.run(operation('c', false), k),
      service.run(operation('d', false), k),
    ];
    await clock.advance(10);
    expect(flight.snapshot()).toMatchObject({ keys: 1, waiting: 3, runs: 2 });
    await clock.advance(20);
    const [a, b, ...answers] = await Promise.all(calls);
    expect([a, b]).toMatchObject([{ message: 'a' }, { message: 'b' }]);
    expect(answers).toEqual(['c', 'c']);
    expect(flight.snapshot()).toMatchObject({ keys: 0, runs: 3, renewed: 2, joined: 3 });
    expect(seen.filter(({ type }) => type === 'singleFlight.renewed')).toMatchObject([{ error: a }, { error: b }]);
  });

  test('is of who has waited longest, when who began the run has gone', async () => {
    const { clock, service } = shared();
    const caller = new AbortController();
    const down = new Error('down');
    const operation = scripted(
      [
        { afterMs: 10, error: down },
        { afterMs: 10, value: 'answer' },
      ],
      { clock },
    );
    const gone = errorOf(service.run(operation, { ...k, signal: caller.signal }));
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    caller.abort('gone');
    await clock.advance(20);
    expect([await gone, await calls[0], await calls[1]]).toEqual(['gone', down, 'answer']);
  });

  test('is one also when it is an answer that counts as a failure', async () => {
    const outside = witness();
    const { clock, service } = shared({}, [outside]);
    const operation = scripted(
      [
        { afterMs: 10, value: 'empty' },
        { afterMs: 10, value: 'full' },
      ],
      { clock },
    );
    const calls = [service.run(operation, k), service.run(operation, k)];
    await clock.advance(20);
    await expect(Promise.all(calls)).resolves.toEqual(['empty', 'full']);
    expect(outside.seen.map(({ kind }) => kind)).toEqual(['failure', 'success']);
  });

  test('is shared if asked for, and classified once for all', async () => {
    const outside = witness();
    const { clock, service } = shared({ shareFailures: true }, [outside]);
    const error = new SyntaxError('no such field');
    const operation = scripted([{ afterMs: 10, error }], { clock });
    const calls = [errorOf(service.run(operation, k)), errorOf(service.run(operation, k))];
    await clock.advance(10);
    expect(await Promise.all(calls)).toEqual([error, error]);
    expect(operation.calls).toHaveLength(1);
    expect(outside.seen.map(({ kind }) => kind)).toEqual(['ignored', 'ignored']);
  });

  test('that somebody inside gave up is never shared', async () => {
    const { clock, service } = shared({ shareFailures: true });
    const inner = pipeline({ name: 'inner', clock });
    let count = 0;
    const operation = async (parent: CallContext): Promise<string> => {
      await clock.sleep(10);
      if (++count > 1) return 'answer';
      return await inner.run(hangs, { parent, signal: AbortSignal.abort('not needed') });
    };
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    await clock.advance(20);
    await expect(Promise.all(calls)).resolves.toEqual(['not needed', 'answer']);
  });

  test('of our own policies inside keeps its kind', async () => {
    const outside = witness();
    const refusing = {
      enter: () => {
        throw new RangeError('full');
      },
    };
    const { service } = shared({}, [outside], [refusing]);
    await expect(service.run(hangs, k)).rejects.toThrow('full');
    expect(outside.seen).toMatchObject([{ kind: 'rejected', ran: false }]);
  });

  test('of another begins no new run for a call that has gone', async () => {
    const caller = new AbortController();
    const clone = (value: unknown): unknown => {
      caller.abort('gone'); // in the turn in which the first call takes its failure
      return value;
    };
    const { clock, flight, service } = shared({ clone });
    const operation = scripted([{ afterMs: 10, value: 'empty' }], { clock });
    const first = service.run(operation, k);
    const second = errorOf(service.run(operation, { ...k, signal: caller.signal }));
    await clock.advance(10);
    await expect(Promise.all([first, second])).resolves.toEqual(['empty', 'gone']);
    expect(operation.calls).toHaveLength(1);
    expect(flight.snapshot()).toMatchObject({ keys: 0, waiting: 0, runs: 1 });
  });

  test('of others does not keep a call past its own limit', async () => {
    const { clock, service } = shared();
    const operation = scripted([{ afterMs: 40, error: new Error('down') }], { clock });
    const calls = [1, 2, 3, 4].map(() => errorOf(service.run(operation, { ...k, timeoutMs: 100 })));
    await clock.advance(100);
    expect((await Promise.all(calls)).map((error) => (error as Error).name)).toEqual([
      'Error',
      'Error',
      'DeadlineError',
      'DeadlineError',
    ]);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('an answer that can be used once', () => {
  test('is copied for all but the last', async () => {
    const clone = vi.fn<(value: unknown) => unknown>((value) => ({ ...(value as object), copy: true }));
    const outside = witness();
    const { clock, service } = shared({ clone }, [outside]);
    const operation = scripted([{ afterMs: 10, value: { body: 1 } }], { clock });
    const calls = [service.run(operation, k), service.run(operation, k), service.run(operation, k)];
    await clock.advance(10);
    await expect(Promise.all(calls)).resolves.toEqual([{ body: 1, copy: true }, { body: 1, copy: true }, { body: 1 }]);
    const alone = service.run(operation, k);
    await clock.advance(10);
    await alone;
    expect(clone).toHaveBeenCalledTimes(2);
    expect(outside.seen.map(({ kind }) => kind)).toEqual(['success', 'success', 'success', 'success']);
  });

  test('is not copied for who has left', async () => {
    const clone = vi.fn<(value: unknown) => unknown>();
    const { clock, service } = shared({ clone });
    const operation = scripted([{ afterMs: 10, value: 'body' }], { clock });
    const gone = errorOf(service.run(operation, { ...k, timeoutMs: 5 }));
    const call = service.run(operation, k);
    await clock.advance(10);
    await gone;
    await expect(call).resolves.toBe('body');
    expect(clone).not.toHaveBeenCalled();
  });

  test('that cannot be copied fails the call it was for, and says nothing about the dependency', async () => {
    const broken = new TypeError('body used');
    const clone = (): never => {
      throw broken;
    };
    const outside = witness();
    const { clock, service } = shared({ clone }, [outside]);
    const operation = scripted([{ afterMs: 10, value: 'body' }], { clock });
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    await clock.advance(10);
    await expect(Promise.all(calls)).resolves.toEqual([broken, 'body']);
    expect(outside.seen.map(({ kind }) => kind)).toEqual(['ignored', 'success']);
  });

  test.each([
    ['comes to a copy', async (value: unknown) => value],
    ['fails', () => Promise.reject(new Error('body used'))],
  ])('is not shared as a promise of a copy that %s; that is reported', async (_what, clone) => {
    const seen = eventsOf(/^policy/);
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const { clock, service } = shared({ clone });
    const operation = scripted([{ afterMs: 10, value: 'body' }], { clock });
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    await clock.advance(10);
    const [error, value] = await Promise.all(calls);
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringMatching(/^clone must give the copy at once/) });
    expect(value).toBe('body');
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'singleFlight', pipeline: 'service', error }]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('what is seen', () => {
  test('of a call that joins: an event and a note in its trail', async () => {
    const { clock, service } = shared();
    const seen = eventsOf(/^singleFlight/);
    const operation = scripted([{ afterMs: 10 }], { clock });
    const calls = [service.run(operation, k), errorOf(service.run(operation, { ...k, timeoutMs: 5 }))];
    await clock.advance(10);
    const [, error] = await Promise.all(calls);
    expect(seen).toEqual([
      {
        type: 'singleFlight.joined',
        at: 0,
        callId: expect.any(Number) as number,
        pipeline: 'service',
        policy: 'singleFlight',
        key: 'k',
        runId: expect.any(Number) as number,
        sharing: 2,
      },
    ]);
    expect(trailOf(error).map(({ did }) => did)).toEqual(['joined', 'timed_out']);
  });

  test('of a call that joins, by a listener that ends the call it joined: that alone', async () => {
    const { clock, flight, service } = shared();
    const first = new AbortController();
    onTestFinished(subscribe(({ type }) => void (type === 'singleFlight.joined' && first.abort('gone'))));
    const operation = scripted([{ afterMs: 10, value: 'answer' }], { clock });
    const calls = [errorOf(service.run(operation, { ...k, signal: first.signal })), service.run(operation, k)];
    await clock.advance(10);
    await expect(Promise.all(calls)).resolves.toEqual(['gone', 'answer']);
    expect(flight.snapshot()).toMatchObject({ waiting: 0, runs: 1, abandoned: 0 });
  });

  test('of a renewed run, by a listener that calls the same key: that shares it', async () => {
    const { clock, flight, service } = shared();
    const operation = scripted(
      [
        { afterMs: 10, error: new Error('down') },
        { afterMs: 10, value: 'answer' },
      ],
      { clock },
    );
    const asked: Promise<unknown>[] = [];
    onTestFinished(subscribe(({ type }) => void (type === 'singleFlight.renewed' && asked.push(service.run(operation, k)))));
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    await clock.advance(20);
    await calls[0];
    expect([await calls[1], await asked[0]]).toEqual(['answer', 'answer']);
    expect(operation.calls).toHaveLength(2);
    expect(flight.snapshot()).toMatchObject({ waiting: 0, runs: 2, renewed: 1, joined: 2 });
  });

  test('of a renewed run, by a listener that shares it and leaves: the run goes on', async () => {
    const { clock, flight, service } = shared();
    const operation = scripted(
      [
        { afterMs: 10, error: new Error('down') },
        { afterMs: 10, value: 'answer' },
      ],
      { clock },
    );
    const leave = new AbortController();
    const asked: Promise<unknown>[] = [];
    onTestFinished(
      subscribe(({ type }) => {
        if (type !== 'singleFlight.renewed') return;
        asked.push(errorOf(service.run(operation, { ...k, signal: leave.signal })));
        leave.abort('gone');
      }),
    );
    const calls = [errorOf(service.run(operation, k)), service.run(operation, k)];
    await clock.advance(20);
    expect([await calls[1], await asked[0]]).toEqual(['answer', 'gone']);
    expect(flight.snapshot()).toMatchObject({ runs: 2, abandoned: 0 });
  });

  test('of an abandoned run, by what hears of it inside: a call begins a run of its own', async () => {
    const { clock, service } = shared();
    const first = new AbortController();
    let again: Promise<unknown> | undefined;
    const operation = ({ signal }: CallContext): Promise<never> => {
      signal.addEventListener('abort', () => void (again = service.run(() => 'answer', k)));
      return hangs();
    };
    const call = errorOf(service.run(operation, { ...k, signal: first.signal }));
    first.abort('gone');
    await clock.advance(0);
    expect(await call).toBe('gone');
    await expect(again).resolves.toBe('answer');
  });

  test('of a shared failure: each call has its own trail, that which began the run has what was decided in it', async () => {
    const seen = eventsOf(/^call\.finished/);
    const refusing = {
      enter: () => {
        throw new RangeError('full');
      },
    };
    const { service } = shared({ shareFailures: true }, [], [{ name: 'door', ...refusing }]);
    await Promise.all([errorOf(service.run(hangs, k)), errorOf(service.run(hangs, k))]);
    const trails = seen.map((event) => (event as unknown as { trail: Decision[] }).trail.map(({ did }) => did));
    expect(trails).toEqual([['refused'], ['joined']]);
  });

  test('of a forgotten key: those who share go on, later calls begin anew', async () => {
    const { clock, flight, service } = shared();
    const operation = scripted(
      [
        { afterMs: 20, value: 'old' },
        { afterMs: 20, value: 'new' },
      ],
      { clock },
    );
    const before = [service.run(operation, k), service.run(operation, k)];
    await clock.advance(10);
    flight.forget('k');
    const after = [service.run(operation, k), service.run(operation, k)];
    await clock.advance(20);
    await expect(Promise.all([...before, ...after])).resolves.toEqual(['old', 'old', 'new', 'new']);
  });

  test('by explain: a wait without bound, unless failures are shared', () => {
    expect(singleFlight().traits()).toEqual({ waitMs: Infinity });
    expect(singleFlight({ shareFailures: true }).traits()).toEqual({});
  });
});

describe('options', () => {
  test.each([
    [{ keyOf: 'k' }, 'keyOf'],
    [{ shareFailures: 'no' }, 'shareFailures'],
    [{ clone: true }, 'clone'],
    [{ name: '' }, 'name'],
    [{ shareFailure: true }, 'shareFailure'],
  ])('are checked when it is made: %o', (options, option) => {
    expect(() => singleFlight(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });

  test('may change while calls wait, except for those it was made by', async () => {
    const { clock, flight, service } = shared();
    const operation = scripted([{ afterMs: 10, error: 'down' }], { clock });
    const calls = [errorOf(service.run(operation, k)), errorOf(service.run(operation, k))];
    const apply = flight.prepareUpdate({ shareFailures: true });
    expect(flight.traits()).toEqual({ waitMs: Infinity });
    apply();
    await clock.advance(10);
    expect(await Promise.all(calls)).toEqual(['down', 'down']);
    expect(operation.calls).toHaveLength(1);
    flight.prepareUpdate({ name: 'singleFlight' })();
    expect(flight.traits()).toEqual({});
    for (const options of [{ keyOf: () => 'x' }, { name: 'other' }, { shareFailures: 1 }, { unknown: 1 }]) {
      expect(() => flight.prepareUpdate(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG' }));
    }
    flight.prepareUpdate({ shareFailures: undefined })();
    expect(flight.traits()).toEqual({ waitMs: Infinity });
  });

  test('may be given again as they are, and mistakes are told by the name of the policy', () => {
    const options = { name: 'reports', keyOf: () => 'k' };
    const flight = singleFlight(options);
    expect(() => flight.prepareUpdate(options)).not.toThrow();
    expect(() => singleFlight().prepareUpdate({ keyOf: undefined })).not.toThrow();
    expect(() => flight.prepareUpdate({ keyOf: undefined })).toThrow(/^reports: option keyOf must be what it was made with/);
    expect(() => flight.prepareUpdate({ name: 'x' })).toThrow(/^reports: option name must be what it was made with/);
    expect(() => flight.prepareUpdate({ shareFailures: 1 as never })).toThrow(/^reports: option shareFailures must be /);
    expect(() => singleFlight({ name: 'reports', clone: 1 as never })).toThrow(/^reports: option clone must be /);
  });
});
