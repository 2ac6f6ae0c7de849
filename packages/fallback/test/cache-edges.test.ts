// What a cache counts, keeps and tells where copies fail, stores are odd, endings are strange, or options have changed.
import { pipeline } from '@holdfast/core';
import type { Guard, Policy } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { expect, test, vi } from 'vitest';
import type { CacheEntry, CacheStore } from '../src/cache-store.ts';
import { singleFlight } from '../src/single-flight.ts';
import { staleCache } from '../src/stale-cache.ts';
import type { StaleCacheOptions } from '../src/stale-cache-options.ts';
import { errorOf, eventsOf, hangs, limit, witness } from './cache-support.ts';

const k = { key: 'k' };
const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);

/** Fresh for 100 ms, no jitter. */
function setUp(options: Partial<StaleCacheOptions> = {}, inside: readonly Policy[] = [], clock = new VirtualClock()) {
  const cache = staleCache({ ttlMs: 100, jitterRatio: 0, ...options, clock });
  const classify = ({ error, value }: { error: unknown; value: unknown }) => {
    if (error instanceof RangeError) return 'success' as const;
    return error instanceof SyntaxError || value === 'odd' ? ('ignored' as const) : undefined;
  };
  return { clock, cache, service: pipeline({ name: 'service', clock, classify }, cache, ...inside) };
}

const storeOf = (changes: Partial<CacheStore>): CacheStore => ({
  get: () => undefined,
  set: () => {},
  delete: () => {},
  ...changes,
});

test('what memory has is answered with at once: a deletion after that comes too late for the call', async () => {
  const { cache, service } = setUp();
  await service.run(() => 'old', k);
  const call = service.run(hangs, k);
  await cache.delete('k');
  await expect(call).resolves.toBe('old');
});

test('a slow answer is kept', async () => {
  const slow: Guard = { name: 'slow', exit: () => undefined, slowCallMs: 10 };
  const { clock, service } = setUp({}, [slow]);
  const call = service.run(scripted([{ afterMs: 20, value: 'slow' }], { clock }), k);
  await clock.advance(20);
  await call;
  await expect(service.run(hangs, k)).resolves.toBe('slow');
});

test('an error that counts as a success is no answer to be kept', async () => {
  const { cache, service } = setUp({ cacheable: () => true });
  const error = new RangeError('none left');
  await expect(service.run(() => Promise.reject(error), k)).rejects.toBe(error);
  expect(cache.snapshot().entries).toBe(0);
});

test('a refresh that ends in an error that counts as a success leaves what is kept as it is', async () => {
  const { clock, cache, service } = setUp({ staleWhileRevalidateMs: 100, cacheable: () => true });
  await service.run(() => 'old', k);
  await clock.advance(100);
  await service.run(() => Promise.reject(new RangeError('none left')), k);
  await clock.advance(0);
  expect(cache.snapshot()).toMatchObject({ revalidations: 1, revalidating: 0 });
  await expect(cache.peek('k')).resolves.toMatchObject({ value: 'old', ageMs: 100 });
});

test.each([
  ['was ignored', () => 'odd'],
  ['cacheable fails for', () => 'unlucky'],
])('a refresh whose answer %s tells that it was not kept, and has not failed', async (_what, operation) => {
  const cacheable = (value: unknown): boolean => {
    if (value === 'unlucky') throw down;
    return true;
  };
  const { clock, cache, service } = setUp({ staleWhileRevalidateMs: 100, cacheable });
  const seen = eventsOf(/^cache\.(failed|revalidated)/);
  await service.run(() => 'old', k);
  await clock.advance(100);
  await service.run(operation, k);
  await clock.advance(0);
  expect(seen).toMatchObject([{ type: 'cache.revalidated', kept: false }]);
  expect(cache.snapshot()).toMatchObject({ revalidations: 1, revalidationsFailed: 0 });
});

test('a refresh whose key is deleted meanwhile tells that its answer was not kept', async () => {
  const { clock, cache, service } = setUp({ staleWhileRevalidateMs: 100 });
  const seen = eventsOf(/^cache\.revalidated/);
  await service.run(() => 'old', k);
  await clock.advance(100);
  await service.run(scripted([{ afterMs: 10, value: 'new' }], { clock }), k);
  await cache.delete('k');
  await clock.advance(10);
  expect(seen).toMatchObject([{ kept: false }]);
});

test('a refresh that throws has failed, be it with an error that is ignored', async () => {
  const { clock, cache, service } = setUp({ staleWhileRevalidateMs: 100 });
  const seen = eventsOf(/^cache\.(failed|revalidated)/);
  const error = new SyntaxError('no such thing');
  await service.run(() => 'old', k);
  await clock.advance(100);
  await service.run(() => Promise.reject(error), k);
  await clock.advance(0);
  expect(seen).toMatchObject([{ type: 'cache.failed', kind: 'ignored', error }]);
  expect(cache.snapshot().revalidationsFailed).toBe(1);
});

test('an entry that cannot be copied is reported, and counts neither as a hit nor as a stale answer', async () => {
  let broken = false;
  const clone = (value: unknown): unknown => {
    if (broken) throw down;
    return value;
  };
  const { clock, cache, service } = setUp({ clone });
  const seen = eventsOf(/^policy/);
  await service.run(() => 'old', k);
  broken = true;
  await service.run(() => 'odd', k);
  expect(seen).toMatchObject([{ type: 'policy.faulted', policy: 'staleCache', error: down }]);
  await clock.advance(150);
  expect(await errorOf(service.run(fails, k))).toBe(down);
  expect(seen).toHaveLength(2);
  expect(cache.snapshot()).toMatchObject({ hits: 0, stale: 0, misses: 3 });
});

test('a call that stalled inside is answered with what is stale', async () => {
  const { clock, service } = setUp({ staleIfErrorMs: 1_000 }, [limit(50)]);
  await service.run(() => 'old', k);
  await clock.advance(150);
  const call = service.run(hangs, k);
  clock.stall(300);
  await clock.advance(0);
  await expect(call).resolves.toBe('old');
});

test('a store that cannot tell the time is given nothing to keep', async () => {
  const now = (): never => {
    throw down;
  };
  const set = vi.fn<() => void>();
  const { service } = setUp({ store: storeOf({ now, set }) });
  await expect(service.run(() => 1, k)).resolves.toBe(1);
  expect(set).not.toHaveBeenCalled();
});

test('a store may look for an entry and find null', async () => {
  const { cache } = setUp({ store: storeOf({ peek: () => null }) });
  await expect(cache.peek('k')).resolves.toBeUndefined();
});

test('a store that cannot be cleared as a whole is told what it lacks', async () => {
  const { cache } = setUp({ store: storeOf({}) });
  await expect(cache.clear()).rejects.toThrow('staleCache: option store must be a store with clear');
});

test('a store that hangs while the loop is blocked has its time once more, and no longer', async () => {
  const { clock, service } = setUp({ store: storeOf({ get: hangs }), storeTimeoutMs: 20 });
  const call = service.run(() => 'asked', k);
  clock.stall(60);
  await clock.advance(20);
  await expect(call).resolves.toBe('asked');
});

test('an entry at the end of the jitter is an entry', async () => {
  const entry: CacheEntry = { value: 'kept', storedAt: 0, spread: 1 };
  const { service } = setUp({ store: storeOf({ get: () => entry }) });
  await expect(service.run(hangs, k)).resolves.toBe('kept');
});

test('a key that is no text is told so', async () => {
  const { service } = setUp({ keyOf: () => 5 as never });
  await expect(service.run(hangs)).rejects.toThrow('staleCache: option keyOf(call) must be a string, or undefined, got 5');
});

test('changes build on those before, and hold for time-outs of the store and traits', async () => {
  const { clock, cache, service } = setUp({ store: storeOf({ get: hangs }), storeTimeoutMs: 500 });
  cache.prepareUpdate({ storeTimeoutMs: 20 })();
  cache.prepareUpdate({ staleIfErrorMs: 0 })();
  expect(cache.traits()).toEqual({ waitMs: 20 });
  const call = service.run(() => clock.now(), k);
  await clock.advance(20);
  await expect(call).resolves.toBe(20);
});

test('how long a refresh may take holds from the next one on when it is changed', async () => {
  const { clock, cache, service } = setUp({ staleWhileRevalidateMs: 1_000 });
  cache.prepareUpdate({ revalidateTimeoutMs: 70 })();
  await service.run(() => 'old', k);
  await clock.advance(100);
  let leftMs = 0;
  await service.run((call) => {
    leftMs = call.remainingMs();
  }, k);
  expect(leftMs).toBe(70);
});

test.each<object>([{ sizeOf: () => 1 }, { clock: new VirtualClock() }, { random: () => 0 }, { clone: structuredClone }])(
  'what it was made by cannot change: %o',
  (options) => {
    const { cache } = setUp();
    const refused = { code: 'HOLDFAST_CONFIG', option: Object.keys(options)[0] };
    expect(() => cache.prepareUpdate(options)).toThrow(expect.objectContaining(refused));
  },
);

test('a time to be stale for is none to be fresh for', () => {
  expect(() => staleCache({ staleIfErrorMs: 5 } as never)).toThrow(expect.objectContaining({ option: 'ttlMs' }));
});

test('copies of a slow answer are slow, and classified once for all', async () => {
  const clock = new VirtualClock();
  const outside = witness();
  const classify = vi.fn<() => undefined>();
  const slow: Guard = { name: 'slow', exit: () => undefined, slowCallMs: 5 };
  const flight = singleFlight({ clone: structuredClone });
  const service = pipeline({ name: 'service', clock, classify }, outside, flight, slow);
  const operation = scripted([{ afterMs: 10, value: { body: 1 } }], { clock });
  const calls = [service.run(operation, k), service.run(operation, k)];
  await clock.advance(10);
  await Promise.all(calls);
  expect(outside.seen).toMatchObject([
    { kind: 'slow', threw: false },
    { kind: 'slow', threw: false },
  ]);
  expect(classify).toHaveBeenCalledOnce();
});
