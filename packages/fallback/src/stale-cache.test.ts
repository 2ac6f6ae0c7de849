import { ConfigError, openCall, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, Operation, Policy } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import type { Step } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { errorOf, eventsOf, hangs, limit, witness } from '../test/cache-support.ts';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { singleFlight } from './single-flight.ts';
import { staleCache } from './stale-cache.ts';
import type { StaleCacheOptions } from './stale-cache-options.ts';

const k = { key: 'k' };
const down = new Error('down');

const classify = ({ value, error }: { value: unknown; error: unknown }): 'failure' | 'ignored' | undefined => {
  if (error instanceof SyntaxError || value === 'odd') return 'ignored';
  return value === 'empty' ? 'failure' : undefined;
};

/** A cache in a pipeline, on a clock: fresh for 100 ms, no jitter. */
function cached(options: Partial<StaleCacheOptions> = {}, outside: readonly Policy[] = [], inside: readonly Policy[] = []) {
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock();
  const cache = staleCache({ ttlMs: 100, jitterRatio: 0, ...options, clock });
  const service = pipeline({ name: 'service', clock, classify }, ...outside, cache, ...inside);
  /** Runs a call on the clock until it ends. */
  const ask = async (operation: Operation<unknown>, options: { key?: string } = k): Promise<unknown> => {
    const ending = service.run(operation, options).then(
      (value) => value,
      (error: unknown) => ({ error }),
    );
    const over = new AbortController();
    void ending.then(() => over.abort());
    await clock.advance(0);
    while (!over.signal.aborted) await clock.advance(1);
    return ending;
  };
  const answers = (...steps: Step<unknown>[]) => scripted(steps, { clock });
  return { clock, cache, service, ask, answers };
}

/** A store shared by processes, as far as a cache can see. */
function remoteStore(clock: VirtualClock, delayMs = 5) {
  const entries = new Map<string, string>();
  const later = async <T>(answer: () => T): Promise<T> => {
    await clock.sleep(delayMs);
    return answer();
  };
  const lives: number[] = [];
  const store: CacheStore = {
    get: (key) => later(() => JSON.parse(entries.get(key) ?? 'null') as CacheEntry | null),
    set(key, entry, usableMs) {
      lives.push(usableMs);
      return later(() => entries.set(key, JSON.stringify(entry)));
    },
    delete: (key) => later(() => entries.delete(key)),
    now: () => 1e12 + clock.now(),
  };
  return { store, entries, lives };
}

describe('a fresh answer', () => {
  test('takes the place of the call, for as long as it is fresh', async () => {
    const { clock, cache, ask, answers } = cached();
    const value = { rate: 1.08 };
    const operation = answers({ value }, { value: 'newer' });
    expect(await ask(operation)).toBe(value);
    await clock.advance(98);
    expect(await ask(operation)).toBe(value);
    await clock.advance(2);
    expect(await ask(operation)).toBe('newer');
    expect(operation.calls).toHaveLength(2);
    expect(cache.snapshot()).toEqual({
      policy: 'staleCache',
      kind: 'staleCache',
      entries: 1,
      bytes: expect.any(Number) as number,
      hits: 1,
      stale: 0,
      misses: 2,
      unkeyed: 0,
      revalidating: 0,
      revalidations: 0,
      revalidationsFailed: 0,
      storeFailures: 0,
    });
  });

  test('is as old as the run that gave it: it cannot be known to be younger', async () => {
    const { clock, cache, ask, answers } = cached();
    await ask(answers({ afterMs: 60, value: 1 }));
    await expect(cache.peek('k')).resolves.toEqual({ value: 1, ageMs: 60, freshness: 'fresh' });
    await clock.advance(40);
    await expect(cache.peek('k')).resolves.toEqual({ value: 1, ageMs: 100, freshness: 'if_error' });
    await expect(cache.peek('other')).resolves.toBeUndefined();
  });

  test('is a success to whoever is further out, and asks no classifier and no dependency', async () => {
    const [outside, inside] = [witness(), witness()];
    const { ask } = cached({}, [outside], [inside]);
    await ask(() => 'answer');
    await ask(hangs);
    expect(outside.seen).toMatchObject([{ kind: 'success' }, { kind: 'success', value: 'answer' }]);
    expect(inside.seen).toHaveLength(1);
  });

  test.each([[null], [false], [0], [''], [[]]])('may be %o', async (value) => {
    const { ask } = cached();
    await ask(() => value);
    expect(await ask(hangs)).toBe(value);
  });

  test('is found by its key alone; a call without one passes through, and is counted', async () => {
    const { ask, cache } = cached();
    let count = 0;
    const asked = [];
    for (const key of ['a', 'b', 'a', '__proto__', '__proto__', '', '']) asked.push(await ask(() => ++count, { key }));
    expect(asked).toEqual([1, 2, 1, 3, 3, 4, 4]);
    expect([await ask(() => ++count, {}), await ask(() => ++count, {})]).toEqual([5, 6]);
    expect(cache.snapshot()).toMatchObject({ hits: 3, misses: 4, unkeyed: 2 });
  });

  test('has its key from keyOf, which refuses the call if it fails', async () => {
    const keyOf = ({ attributes }: { attributes: Readonly<Record<string, unknown>> }) => attributes['id'] as string;
    const outside = witness();
    const { service } = cached({ keyOf }, [outside]);
    await service.run(() => 1, { attributes: { id: 'a' } });
    await expect(service.run(() => 2, { attributes: { id: 'a' } })).resolves.toBe(1);
    await expect(service.run(() => 2, { attributes: { id: 7 } })).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG' });
    expect(outside.seen.at(-1)).toMatchObject({ kind: 'rejected', ran: false });
  });

  test('stops being fresh at a time of its own, up to the jitter earlier', async () => {
    const randoms = [0, 0.5, 0.999];
    const { clock, cache, ask } = cached({ jitterRatio: 0.2, random: () => randoms.shift()! });
    for (const key of ['a', 'b', 'c']) await ask(() => key, { key });
    const fresh: number[] = [];
    for (let age = 79; age <= 101; age++) {
      await clock.advance(age - clock.now());
      const looks = await Promise.all(['a', 'b', 'c'].map((key) => cache.peek(key)));
      fresh.push(looks.filter((look) => look!.freshness === 'fresh').length);
    }
    expect(fresh).toEqual([3, 3, ...Array<number>(9).fill(2), ...Array<number>(10).fill(1), 0, 0]);
  });
});

describe('what is kept', () => {
  test.each([
    ['an error', Promise.reject.bind(Promise, down)],
    ['an error that was ignored', () => Promise.reject(new SyntaxError())],
    ['an answer that counts as a failure', () => 'empty'],
    ['an answer that was ignored', () => 'odd'],
    ['undefined', () => undefined],
  ])('is not %s (T21)', async (_what, operation) => {
    const { cache, ask } = cached({ cacheable: _what === 'undefined' ? undefined : () => true });
    await ask(operation);
    expect(cache.snapshot().entries).toBe(0);
    expect(await ask(() => 'next')).toBe('next');
  });

  test('may be undefined, or less than all, where cacheable says so', async () => {
    const { ask, cache } = cached({ cacheable: (value, call) => value !== 5 && call.attributes['skip'] !== true });
    await ask(() => undefined);
    expect(await ask(() => 'next')).toBeUndefined();
    await ask(() => 5, { key: 'five' });
    await ask(() => 6, { key: 'six', attributes: { skip: true } } as never);
    expect(cache.snapshot().entries).toBe(1);
  });

  test('is nothing when cacheable fails; the call has its answer', async () => {
    const seen = eventsOf(/^policy/);
    const bug = new TypeError('bug');
    const { ask, cache } = cached({
      cacheable: () => {
        throw bug;
      },
    });
    expect(await ask(() => 1)).toBe(1);
    expect(cache.snapshot().entries).toBe(0);
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'staleCache', error: bug }]);
  });

  test.each([
    ['a promise of yes', async () => true],
    ['a promise of no', async () => false],
    ['1', () => 1],
    ['nothing', () => undefined],
  ])('is nothing when cacheable answers with %s; that is reported', async (_what, cacheable) => {
    const seen = eventsOf(/^policy/);
    const { ask, cache } = cached({ cacheable: cacheable as never });
    expect(await ask(() => 1)).toBe(1);
    expect(cache.snapshot().entries).toBe(0);
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'staleCache' }]);
    expect((seen[0] as unknown as { error: Error }).error.message).toMatch(/^cacheable must answer true or false, at once/);
  });

  test.each([
    ['comes to a copy', async (value: unknown) => value],
    ['fails', () => Promise.reject(down)],
  ])('is nothing when clone gives a promise that %s; that is reported', async (_what, clone) => {
    const seen = eventsOf(/^policy/);
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const { ask, cache } = cached({ clone });
    expect(await ask(() => 1)).toBe(1);
    expect(cache.snapshot().entries).toBe(0);
    expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'staleCache', error: { name: 'TypeError' } }]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('is not given out as a promise of a copy: the call goes on to the dependency', async () => {
    let kept = false;
    const clone = (value: unknown): unknown => (kept ? Promise.resolve(value) : value);
    const { ask, cache } = cached({ clone });
    await ask(() => 1);
    kept = true;
    expect(await ask(() => 2)).toBe(2);
    await expect(cache.peek('k')).rejects.toThrow(/^clone must give the copy at once/);
  });

  test('is a copy, and so is what is given out, where copies are made', async () => {
    const { ask, cache } = cached({ clone: structuredClone });
    const original = { list: [1] };
    expect(await ask(() => original)).toBe(original);
    original.list.push(2);
    const copy = (await ask(hangs)) as typeof original;
    expect(copy).toEqual({ list: [1] });
    copy.list.push(3);
    expect(await ask(hangs)).toEqual({ list: [1] });
    const look = await cache.peek('k');
    (look!.value as typeof original).list.push(4);
    expect(await ask(hangs)).toEqual({ list: [1] });
  });

  test('that cannot be copied is not kept, or not given out: the call goes on to the dependency', async () => {
    let broken = true;
    const clone = (value: unknown): unknown => {
      if (broken) throw down;
      return value;
    };
    const { ask, cache } = cached({ clone });
    expect(await ask(() => 1)).toBe(1);
    expect(cache.snapshot().entries).toBe(0);
    broken = false;
    await ask(() => 2);
    broken = true;
    expect(await ask(() => 3)).toBe(3);
    expect(await ask(() => Promise.reject(down))).toEqual({ error: down });
  });

  test('of runs that overlap is the answer of the one that began last, whichever ends last', async () => {
    const { clock, cache, service, answers } = cached();
    void service.run(answers({ afterMs: 90, value: 'old' }), k);
    await clock.advance(10);
    void service.run(answers({ afterMs: 20, value: 'new' }), k);
    void service.run(answers({ afterMs: 40, error: down }), k).catch(() => {});
    await clock.advance(20);
    await expect(cache.peek('k')).resolves.toMatchObject({ value: 'new' });
    await clock.advance(60);
    await expect(cache.peek('k')).resolves.toMatchObject({ value: 'new', ageMs: 80 });
  });

  test('is of the run that began last, too, when the clock of the store was put back meanwhile', async () => {
    const clock = new VirtualClock();
    const entries = new Map<string, CacheEntry>();
    let aheadMs = 1_000;
    const store: CacheStore = {
      get: (key) => entries.get(key),
      set: (key, entry) => entries.set(key, entry),
      delete: (key) => entries.delete(key),
      now: () => clock.now() + aheadMs,
    };
    const { service, answers } = cached({ clock, store });
    void service.run(answers({ afterMs: 20, value: 'old' }), k);
    aheadMs = 0;
    void service.run(answers({ afterMs: 10, value: 'new' }), k);
    await clock.advance(20);
    expect(entries.get('k')).toMatchObject({ value: 'new', storedAt: 0 });
  });

  test('is bounded in number and in size', async () => {
    const { ask, cache } = cached({ maxEntries: 2, maxBytes: 10_000 });
    for (const key of ['a', 'b', 'c']) await ask(() => key, { key });
    expect(cache.snapshot().entries).toBe(2);
    await ask(() => 'x'.repeat(4_900), { key: 'large' });
    expect(cache.snapshot()).toMatchObject({ entries: 1 });
    await ask(() => 'x'.repeat(6_000), { key: 'too large' });
    expect(await cache.peek('too large')).toBeUndefined();
    expect(cache.snapshot().bytes).toBeLessThanOrEqual(10_000);
  });

  test('goes when it is asked for too late', async () => {
    const { ask, cache, clock } = cached({ staleIfErrorMs: 50 });
    await ask(() => 1);
    await clock.advance(150);
    expect(await ask(() => Promise.reject(down))).toEqual({ error: down });
    expect(cache.snapshot().entries).toBe(0);
  });
});

describe('stale while it is revalidated', () => {
  const options = { staleWhileRevalidateMs: 100, staleIfErrorMs: 300 };

  test('is answered with at once; one refresh runs in the background for all', async () => {
    const { clock, cache, service, answers, ask } = cached(options);
    const seen = eventsOf(/^cache/);
    const operation = answers({ value: 'old' }, { afterMs: 30, value: 'new' });
    await ask(operation);
    await clock.advance(100);
    const stale = await Promise.all([1, 2, 3].map(() => service.run(operation, k)));
    expect(stale).toEqual(['old', 'old', 'old']);
    expect(cache.snapshot()).toMatchObject({ stale: 3, misses: 1, revalidating: 1, revalidations: 1 });
    await clock.advance(30);
    expect(await ask(operation)).toBe('new');
    expect(operation.calls).toHaveLength(2);
    expect(cache.snapshot()).toMatchObject({ hits: 1, revalidating: 0 });
    expect(seen.map(({ type }) => type)).toEqual([
      'cache.missed',
      'cache.stale',
      'cache.stale',
      'cache.stale',
      'cache.revalidated',
      'cache.hit',
    ]);
    expect(seen[1]).toMatchObject({ policy: 'staleCache', key: 'k', ageMs: 100, because: 'revalidating', pipeline: 'service' });
    expect(seen[4]).toMatchObject({ key: 'k', ageMs: 130, kept: true });
    expect(seen[5]).toMatchObject({ ageMs: 30 });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('outlives the call it was begun for, its abort and its deadline', async () => {
    const { clock, service, answers, ask } = cached(options, [limit(20)]);
    const operation = answers({ value: 'old' }, { afterMs: 50, value: 'new' });
    await ask(operation);
    await clock.advance(100);
    const caller = new AbortController();
    await expect(service.run(operation, { ...k, signal: caller.signal, timeoutMs: 10 })).resolves.toBe('old');
    caller.abort('gone');
    await clock.advance(50);
    expect(operation.calls).toMatchObject([{}, { aborted: false }]);
    expect(await ask(operation)).toBe('new');
  });

  test('is not refreshed for a call that was over', async () => {
    const { clock, service, ask, cache } = cached(options);
    await ask(() => 1);
    await clock.advance(100);
    await expect(service.run(() => 2, { ...k, signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(cache.snapshot().revalidations).toBe(0);
  });

  test('fails quietly, and keeps the answer until its windows end', async () => {
    const { clock, cache, ask } = cached(options);
    const seen = eventsOf(/^cache\.(failed|revalidated)/);
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    await ask(() => 'old');
    await clock.advance(150);
    expect(await ask(() => Promise.reject(down))).toBe('old');
    await clock.advance(0);
    expect(await ask(() => 'empty')).toBe('old');
    await clock.advance(0);
    expect(seen).toMatchObject([
      { type: 'cache.failed', key: 'k', ageMs: 150, kind: 'failure', error: down },
      { type: 'cache.failed', kind: 'failure', error: undefined },
    ]);
    await clock.advance(100);
    expect(await ask(() => Promise.reject(down))).toBe('old');
    expect(cache.snapshot()).toMatchObject({ revalidations: 2, revalidationsFailed: 2, stale: 3, misses: 2 });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('may end with an answer that is not to be kept: the old one stays', async () => {
    const seen = eventsOf(/^cache\.revalidated/);
    const { clock, ask } = cached(options);
    await ask(() => 'old');
    await clock.advance(100);
    await ask(() => undefined);
    await clock.advance(0);
    expect(seen).toMatchObject([{ kept: false }]);
    expect(await ask(() => 'new')).toBe('old');
  });

  test('is bounded: a refresh that hangs is left, blamed on the dependency, and another may begin', async () => {
    const inside = witness();
    const { clock, cache, ask } = cached({ ...options, staleWhileRevalidateMs: 1_000, revalidateTimeoutMs: 200 }, [], [inside]);
    const seen = eventsOf(/^cache\.failed/);
    await ask(() => 'old');
    await clock.advance(100);
    let call: CallContext | undefined;
    await ask((inside) => {
      call = inside;
      return hangs();
    });
    expect(call?.remainingMs()).toBe(200);
    await clock.advance(200);
    expect(seen).toMatchObject([{ kind: 'failure', error: { code: 'HOLDFAST_DEADLINE', policy: 'staleCache', timeoutMs: 200 } }]);
    expect(inside.seen.at(-1)).toMatchObject({ kind: 'failure' });
    expect(call?.signal.aborted).toBe(true);
    await ask(hangs);
    expect(cache.snapshot()).toMatchObject({ revalidating: 1, revalidations: 2 });
  });

  test('passes through what is inside the cache, and shares its runs', async () => {
    const { clock, ask, answers } = cached({ ttlMs: 100, staleWhileRevalidateMs: 50 }, [], [singleFlight()]);
    const operation = answers({ value: 'old' }, { afterMs: 60, value: 'new' });
    await ask(operation);
    await clock.advance(140);
    expect(await ask(operation)).toBe('old');
    await clock.advance(10);
    expect(await ask(operation)).toBe('new');
    expect(operation.calls).toHaveLength(2);
  });

  test('leaves a word in the trail', async () => {
    const seen = eventsOf(/^call\.finished/);
    const { clock, ask } = cached(options);
    await ask(() => 'old');
    await clock.advance(110);
    await ask(() => 'new');
    expect(seen.at(-1)).toMatchObject({ trail: [{ policy: 'staleCache', did: 'answered', reason: 'stale', ms: 110 }] });
  });
});

describe('stale if there is an error', () => {
  const refusing: Policy = {
    name: 'open circuit',
    enter: (call) => {
      if (call.attributes['refuse'] === true) throw down;
    },
  };

  test.each([
    ['a failure', () => Promise.reject(down), {}],
    ['an answer that counts as a failure', () => 'empty', {}],
    ['a refusal inside', () => 'never asked', { refuse: true }],
    ['a time-out inside', hangs, {}],
  ])('is answered with in place of %s', async (_what, operation, attributes) => {
    const { clock, service, ask } = cached({ staleIfErrorMs: 200 }, [], [limit(50), refusing]);
    const seen = eventsOf(/^cache\.stale/);
    await ask(() => 'old');
    await clock.advance(150);
    const call = service.run<unknown>(operation, { ...k, attributes });
    await clock.advance(50);
    await expect(call).resolves.toBe('old');
    expect(seen).toMatchObject([{ because: 'failed', key: 'k' }]);
  });

  test('is not answered with beyond its window, as it is when the call ends', async () => {
    const { clock, ask, answers } = cached({ staleIfErrorMs: 200 });
    await ask(() => 'old');
    await clock.advance(299);
    expect(await ask(() => Promise.reject(down))).toBe('old');
    expect(await ask(answers({ afterMs: 1, error: down }))).toEqual({ error: down });
  });

  test("is not answered with for the caller's abort, nor for what was ignored", async () => {
    const { clock, service, ask } = cached({ staleIfErrorMs: 1_000 });
    await ask(() => 'old');
    await clock.advance(150);
    const mistake = new SyntaxError('no such thing');
    expect(await ask(() => Promise.reject(mistake))).toEqual({ error: mistake });
    expect(await ask(() => 'odd')).toBe('odd');
    const caller = new AbortController();
    const aborted = errorOf(service.run(hangs, { ...k, signal: caller.signal }));
    await clock.advance(1);
    caller.abort('gone');
    expect(await aborted).toBe('gone');
  });

  test('is not answered with for a mistake in the options of a policy inside, which it would hide', async () => {
    const keyOf = ({ attributes }: CallContext) => attributes['id'] as string;
    const { clock, service } = cached({ staleIfErrorMs: 1_000 }, [], [singleFlight({ keyOf })]);
    await service.run(() => 'old', { ...k, attributes: { id: 'a' } });
    await clock.advance(150);
    const mistaken = service.run(() => 'new', { ...k, attributes: { id: 7 } });
    await expect(mistaken).rejects.toBeInstanceOf(ConfigError);
  });

  test('is not answered with when time ran out further out, cooperatively or not', async () => {
    for (const cooperative of [true, false]) {
      const { clock, service, ask, answers } = cached({ staleIfErrorMs: 1_000 }, [limit(50, cooperative)]);
      await ask(() => 'old');
      await clock.advance(150);
      const call = errorOf(service.run(answers({ afterMs: 100 }), k));
      await clock.advance(50);
      expect(await call).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    }
  });

  test('by default for as long again as it was fresh', async () => {
    const { clock, ask } = cached();
    await ask(() => 'old');
    await clock.advance(199);
    expect(await ask(() => Promise.reject(down))).toBe('old');
    await clock.advance(1);
    expect(await ask(() => Promise.reject(down))).toEqual({ error: down });
  });

  test('may be undefined', async () => {
    const { clock, ask } = cached({ cacheable: () => true });
    await ask(() => undefined);
    await clock.advance(150);
    expect(await ask(() => 'empty')).toBeUndefined();
  });
});

describe('a key that is deleted', () => {
  test('is forgotten, and a run that began before does not bring it back, nor is it answered for', async () => {
    const { clock, cache, service, answers, ask } = cached();
    const operation = answers({ value: 'old' }, { afterMs: 20, value: 'read before the write' }, { value: 'new' });
    await ask(operation);
    await clock.advance(100);
    const late = service.run(operation, k);
    await clock.advance(0);
    const deleted = cache.delete('k');
    expect(cache.snapshot().entries).toBe(0);
    await deleted;
    await clock.advance(20);
    await expect(late).resolves.toBe('read before the write');
    expect(cache.snapshot().entries).toBe(0);
    expect(await ask(operation)).toBe('new');
    expect(cache.snapshot().entries).toBe(1);
    await clock.advance(150);
    const failing = service.run(answers({ afterMs: 20, error: down }), k);
    const failed = errorOf(failing);
    await clock.advance(10);
    await cache.clear();
    await clock.advance(10);
    expect(await failed).toBe(down);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('while a call asks the store for it is neither answered with nor for; what the call brings is kept', async () => {
    const clock = new VirtualClock();
    const entries = new Map<string, CacheEntry>();
    const store: CacheStore = {
      async get(key) {
        const entry = entries.get(key);
        await clock.sleep(10);
        return entry;
      },
      set: (key, entry) => entries.set(key, entry),
      delete: (key) => entries.delete(key),
    };
    const { cache, service } = cached({ clock, store });
    for (const [ageMs, operation, ending] of [
      [50, () => 'new', 'new'], // fresh
      [150, () => Promise.reject(down), down], // stale if there is an error
    ] as const) {
      entries.set('k', { value: 'private', storedAt: clock.now() - ageMs, spread: 0 });
      const call = service.run(operation, k).catch((error: unknown) => error);
      await clock.advance(5);
      await cache.delete('k');
      await clock.advance(5);
      expect(await call).toBe(ending);
      expect(entries.get('k')?.value).toBe(ending === 'new' ? 'new' : undefined);
    }
  });

  test('by a listener that hears of the miss is not answered for', async () => {
    const { clock, cache, service, ask } = cached();
    await ask(() => 'old');
    await clock.advance(150);
    onTestFinished(subscribe(({ type }) => void (type === 'cache.missed' && cache.delete('k'))));
    await expect(service.run(() => Promise.reject(down), k)).rejects.toBe(down);
  });

  test('is not brought back by a refresh in the background', async () => {
    const { clock, cache, ask, answers } = cached({ staleWhileRevalidateMs: 100 });
    const operation = answers({ value: 'old' }, { afterMs: 20, value: 'read before the write' });
    await ask(operation);
    await clock.advance(100);
    await ask(operation);
    await cache.delete('k');
    await clock.advance(20);
    expect(cache.snapshot()).toMatchObject({ entries: 0, revalidating: 0 });
  });
});

describe('a store of your own', () => {
  test('keeps entries as plain data, dated by its own clock, and is told how long they are of use', async () => {
    const clock = new VirtualClock({ startMs: 77 });
    const { store, entries, lives } = remoteStore(clock);
    const { cache, service } = cached({ clock, store, staleIfErrorMs: 400, jitterRatio: 1, random: () => 0.25 });
    // Another process has its own monotonic clock, and none of it counts.
    const other = staleCache({ ttlMs: 100, store, clock, name: 'other' });
    const first = service.run(async () => ({ rate: 1 }), k);
    await clock.advance(20);
    await first;
    expect(JSON.parse(entries.get('k')!)).toEqual({ value: { rate: 1 }, storedAt: 1e12 + 82, spread: 0.25 });
    expect(lives).toEqual([500]);
    const look = other.peek('k');
    await clock.advance(5);
    await expect(look).resolves.toMatchObject({ value: { rate: 1 }, ageMs: 20, freshness: 'fresh' });
    expect(cache.snapshot()).not.toHaveProperty('entries');
  });

  test.each<[string, Partial<CacheStore>, number]>([
    [
      'get throws',
      {
        get: () => {
          throw down;
        },
      },
      1,
    ],
    ['get rejects', { get: () => Promise.reject(down) }, 1],
    ['get answers nonsense', { get: () => ({ value: 1, storedAt: 'today', spread: 0 }) as never }, 1],
    ['get answers a string', { get: () => 'text' as never }, 1],
    [
      'set throws',
      {
        set: () => {
          throw down;
        },
      },
      1,
    ],
    ['set rejects', { set: () => Promise.reject(down) }, 1],
    [
      'now throws',
      {
        now: () => {
          throw down;
        },
      },
      1,
    ],
  ])('whose %s costs a miss and no failure', async (what, broken, failures) => {
    const clock = new VirtualClock();
    const seen = eventsOf(/^cache\.store_failed/);
    const { store } = remoteStore(clock, 0);
    const { cache, service } = cached({ clock, store: { ...store, ...broken } });
    const call = service.run(() => 'answer', k);
    await clock.advance(1);
    await expect(call).resolves.toBe('answer');
    await clock.advance(1);
    expect(cache.snapshot().storeFailures).toBe(failures);
    expect(seen).toHaveLength(failures);
    expect(seen[0]).toMatchObject({ policy: 'staleCache', key: 'k', operation: what.split(' ')[0] });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('that hangs keeps a call for its time and no longer', async () => {
    const clock = new VirtualClock();
    const seen = eventsOf(/^cache\.store_failed/);
    const { service, cache } = cached({ clock, store: { get: hangs, set: hangs, delete: hangs }, storeTimeoutMs: 30 });
    const call = service.run(() => clock.now(), k);
    await clock.advance(30);
    await expect(call).resolves.toBe(30);
    expect(seen).toMatchObject([{ operation: 'get' }]);
    const deleted = errorOf(cache.delete('k'));
    await clock.advance(30);
    expect(await deleted).toMatchObject({ message: 'the store did not answer within 30 ms' });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('is not blamed for a blocked loop', async () => {
    const clock = new VirtualClock();
    const store = {
      get: () => clock.sleep(30).then(() => ({ value: 'kept', storedAt: 0, spread: 0 })),
      set: hangs,
      delete: hangs,
    };
    const { service } = cached({ clock, store, storeTimeoutMs: 20, ttlMs: 1_000 });
    const call = service.run(() => 'asked', k);
    clock.stall(60);
    await clock.advance(30);
    await expect(call).resolves.toBe('kept');
  });

  test("ends a call's wait with the call", async () => {
    const clock = new VirtualClock();
    const operation = vi.fn<() => void>();
    const { service } = cached({ clock, store: { get: hangs, set: hangs, delete: hangs }, storeTimeoutMs: 1_000 });
    const call = errorOf(service.run(operation, { ...k, timeoutMs: 10 }));
    await clock.advance(10);
    expect(await call).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await clock.advance(1_000);
    expect(operation).not.toHaveBeenCalled();
  });

  test('that answers when the call has gone begins nothing for it', async () => {
    const clock = new VirtualClock();
    const get = () => clock.sleep(20).then(() => ({ value: 'kept', storedAt: -100, spread: 0 }));
    const { cache, service } = cached({ clock, store: { get, set: hangs, delete: hangs }, staleWhileRevalidateMs: 1_000 });
    const call = errorOf(service.run(hangs, { ...k, timeoutMs: 10 }));
    await clock.advance(20);
    expect(await call).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    expect(cache.snapshot()).toMatchObject({ stale: 0, misses: 0, revalidations: 0 });
  });

  test('whose clock is ahead is believed within reason', async () => {
    const clock = new VirtualClock();
    let storedAt = 90;
    const store = { get: () => ({ value: 'kept', storedAt, spread: 0 }), set: () => {}, delete: () => {} };
    const { service } = cached({ clock, store });
    await expect(service.run(() => 'asked', k)).resolves.toBe('kept');
    storedAt = 100;
    await expect(service.run(() => 'asked', k)).resolves.toBe('asked');
  });

  test('that fails to delete says so, for the key is not forgotten then', async () => {
    const store = { get: () => undefined, set: () => {}, delete: () => Promise.reject(down) };
    const { cache } = cached({ store });
    await expect(cache.delete('k')).rejects.toBe(down);
    await expect(cache.clear()).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG', option: 'store' });
  });

  test('may be looked into without use, and cleared, if it can', async () => {
    const store = {
      get: vi.fn<() => undefined>(),
      peek: () => ({ value: 1, storedAt: 0, spread: 0 }),
      set: () => {},
      delete: () => {},
      clear: vi.fn<() => void>(),
    };
    const { cache } = cached({ store });
    await expect(cache.peek('k')).resolves.toEqual({ value: 1, ageMs: 0, freshness: 'fresh' });
    await cache.clear();
    expect(store.get).not.toHaveBeenCalled();
    expect(store.clear).toHaveBeenCalledOnce();
  });
});

describe('options', () => {
  const store = { get: () => undefined, set: () => {}, delete: () => {} };
  test.each([
    [{}, 'ttlMs'],
    [{ ttlMs: 0 }, 'ttlMs'],
    [{ ttlMs: 1, staleWhileRevalidateMs: -1 }, 'staleWhileRevalidateMs'],
    [{ ttlMs: 1, staleIfErrorMs: NaN }, 'staleIfErrorMs'],
    [{ ttlMs: 1, jitterRatio: 1.1 }, 'jitterRatio'],
    [{ ttlMs: 1, maxEntries: 0 }, 'maxEntries'],
    [{ ttlMs: 1, maxBytes: 0 }, 'maxBytes'],
    [{ ttlMs: 1, maxBytes: 127 }, 'maxBytes'],
    [{ ttlMs: 1, store: {} }, 'store'],
    [{ ttlMs: 1, store, maxEntries: 5 }, 'maxEntries'],
    [{ ttlMs: 1, store, sizeOf: () => 1 }, 'sizeOf'],
    [{ ttlMs: 1, storeTimeoutMs: 5 }, 'storeTimeoutMs'],
    [{ ttlMs: 1, revalidateTimeoutMs: 0 }, 'revalidateTimeoutMs'],
    [{ ttlMs: 1, cacheable: true }, 'cacheable'],
    [{ ttl: 1 }, 'ttl'],
  ])('are checked when it is made: %o', (options, option) => {
    expect(() => staleCache(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });

  test('are missing altogether', () => {
    expect(() => staleCache(undefined as never)).toThrow(expect.objectContaining({ option: 'ttlMs' }));
  });

  test('may change while calls run, for what is kept already', async () => {
    const { clock, cache, ask } = cached({ maxEntries: 3 });
    for (const key of ['a', 'b', 'k']) await ask(() => key, { key });
    await clock.advance(150);
    const apply = cache.prepareUpdate({ ttlMs: 200, maxEntries: 1 });
    expect((await cache.peek('k'))?.freshness).toBe('if_error');
    apply();
    expect((await cache.peek('k'))?.freshness).toBe('fresh');
    expect(cache.snapshot().entries).toBe(1);
    expect(await ask(hangs)).toBe('k');
    cache.prepareUpdate({ maxEntries: undefined })();
    for (const key of ['a', 'b', 'c', 'd']) await ask(() => key, { key });
    expect(cache.snapshot().entries).toBe(5);
  });

  test('that it was made by, or that cannot be, cannot change', () => {
    const { cache } = cached();
    for (const options of [
      { keyOf: () => 'x' },
      { store },
      { ttlMs: 0 },
      { ttlMs: undefined },
      { unknown: 1 },
      { storeTimeoutMs: 1 },
    ]) {
      expect(() => cache.prepareUpdate(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG' }));
    }
  });

  test('may be given again as they are, and mistakes are told by the name of the cache', () => {
    const options = { name: 'rates', ttlMs: 1, clone: structuredClone, clock: new VirtualClock() };
    const cache = staleCache(options);
    expect(() => cache.prepareUpdate(options)).not.toThrow();
    expect(() => cache.prepareUpdate({ ...options, keyOf: undefined, random: undefined })).not.toThrow();
    expect(() => cache.prepareUpdate({ ttlMs: 0 })).toThrow(/^rates: option ttlMs must be /);
    expect(() => cache.prepareUpdate({ name: 'x' })).toThrow(/^rates: option name must be what it was made with/);
    expect(() => cache.prepareUpdate({ clone: undefined })).toThrow(/^rates: option clone must be what it was made with/);
    expect(() => cache.prepareUpdate(5 as never)).toThrow(/^rates: option options must be an object/);
    expect(() => staleCache({ name: 'rates', ttlMs: 0 })).toThrow(/^rates: option ttlMs must be /);
    expect(() => staleCache({ name: 'rates' } as never)).toThrow(/^rates: option ttlMs must be .*, got undefined$/);
  });

  test('are said by explain', () => {
    expect(staleCache({ ttlMs: 1 }).traits()).toEqual({ answerMs: 0 });
    expect(staleCache({ ttlMs: 1, staleIfErrorMs: 0 }).traits()).toEqual({});
    expect(staleCache({ ttlMs: 1, store, storeTimeoutMs: 70 }).traits()).toEqual({ waitMs: 70, answerMs: 0 });
  });
});

test('the system is the default clock, and the inbound request does not end a refresh', async () => {
  const cache = staleCache({ ttlMs: 60_000 });
  const service = pipeline('service', cache);
  const request = openCall('request');
  await service.run(() => 'kept', { ...k, parent: request });
  request.close();
  await expect(service.run(() => 'asked', k)).resolves.toBe('kept');
});
