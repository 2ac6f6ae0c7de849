import { pipeline } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { seededRandom, VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CacheEntry, CacheStore } from '../src/cache-store.ts';
import { singleFlight } from '../src/single-flight.ts';
import { staleCache } from '../src/stale-cache.ts';

/**
 * Any calls, failures, aborts, deletions and stores. Whatever happens: no answer is used beyond its windows, none comes back after its
 * key was deleted, the room is never exceeded, one refresh of a key runs at a time, and nothing is left.
 */

type Step =
  | { kind: 'call'; key: string; workMs: number; fails: boolean; abortMs: number | undefined; size: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'delete'; key: string };

interface Plan {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly swrMs: number;
  readonly sieMs: number;
  readonly store: 'memory' | 'slow' | 'flaky';
  readonly coalesced: boolean;
}

const TTL = 50;
const MAX_ENTRIES = 2;
const MAX_BYTES = 2_000;
const key = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      key,
      workMs: fc.integer({ min: 0, max: 40 }),
      fails: fc.boolean(),
      abortMs: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
      size: fc.constantFrom(0, 200, 900),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  swrMs: fc.constantFrom(0, 30, 100),
  sieMs: fc.constantFrom(0, 60),
  store: fc.constantFrom('memory' as const, 'memory' as const, 'slow' as const, 'flaky' as const),
  coalesced: fc.boolean(),
});

/** What an operation answers with: when it began, and how often its key had been deleted by then. */
interface Answer {
  readonly began: number;
  readonly version: number;
  readonly key: string;
  readonly filling: string;
}

/** A store over promises; a flaky one fails now and then, or hangs. */
function remote(clock: VirtualClock, random: () => number, flaky: boolean): CacheStore {
  const entries = new Map<string, CacheEntry>();
  const act = async <T>(answer: () => T): Promise<T> => {
    if (flaky && random() < 0.2) throw new Error('store');
    if (flaky && random() < 0.1) return new Promise(() => {});
    await clock.sleep(random() * 5);
    return answer();
  };
  return {
    get: (key) => act(() => entries.get(key)),
    set: (key, entry) => act(() => entries.set(key, entry)),
    delete: (key) => act(() => entries.delete(key)),
  };
}

async function check({ seed, steps, swrMs, sieMs, store, coalesced }: Plan): Promise<void> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const cache = staleCache({
    ttlMs: TTL,
    staleWhileRevalidateMs: swrMs,
    staleIfErrorMs: sieMs,
    jitterRatio: 0.2,
    revalidateTimeoutMs: 60,
    clock,
    random,
    ...(store === 'memory'
      ? { maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES }
      : { store: remote(clock, random, store === 'flaky') }),
  });
  const flight = singleFlight();
  const service = pipeline({ name: 'service', clock }, cache, ...(coalesced ? [flight] : []));
  const versions = new Map<string, number>();
  const refreshing = new Map<string, number>();
  const broken: string[] = [];
  const calls: Promise<void>[] = [];

  const call = async ({ key, workMs, fails, abortMs, size }: Extract<Step, { kind: 'call' }>): Promise<void> => {
    const asked = clock.now();
    const versionAsked = versions.get(key) ?? 0;
    const caller = new AbortController();
    if (abortMs !== undefined) void clock.sleep(abortMs).then(() => caller.abort('gone'));
    const operation = async ({ signal, deadline }: CallContext): Promise<Answer> => {
      const background = deadline < Number.POSITIVE_INFINITY; // nothing else bounds a call here
      if (background) refreshing.set(key, (refreshing.get(key) ?? 0) + 1);
      if ((refreshing.get(key) ?? 0) > 1) broken.push(`two refreshes of ${key}`);
      const began = clock.now();
      const version = versions.get(key) ?? 0;
      try {
        await clock.sleep(workMs, signal);
        if (fails) throw new Error('down');
        return { began, version, key, filling: 'x'.repeat(size / 2) };
      } finally {
        if (background) refreshing.set(key, refreshing.get(key)! - 1);
      }
    };
    try {
      const answer = await service.run(operation, { key, signal: caller.signal });
      // What was begun for this call is its own; anything else is out of the cache, or of a run it shared.
      const oldest = TTL + (fails || coalesced ? Math.max(swrMs, sieMs) : swrMs);
      if (asked - answer.began >= oldest) broken.push(`served at age ${asked - answer.began} of ${oldest}`);
      if (answer.key !== key) broken.push(`${answer.key} for ${key}`);
      if (store === 'memory' && !coalesced && answer.version < versionAsked) broken.push(`${key} came back`);
    } catch (error) {
      if (!fails && error !== 'gone' && !coalesced) broken.push(String(error));
    }
  };

  for (const one of steps) {
    if (one.kind === 'call') calls.push(call(one));
    else if (one.kind === 'wait') await clock.advance(one.ms);
    else {
      versions.set(one.key, (versions.get(one.key) ?? 0) + 1);
      calls.push(cache.delete(one.key).catch(() => {}));
    }
    const { entries = 0, bytes = 0, revalidating } = cache.snapshot();
    if (entries > MAX_ENTRIES || bytes > MAX_BYTES) broken.push(`${entries} entries, ${bytes} bytes`);
    if (revalidating > 3) broken.push(`${revalidating} refreshes`);
  }
  await clock.advance(1_000);
  await Promise.all(calls);
  expect(broken).toEqual([]);
  expect(cache.snapshot().revalidating).toBe(0);
  expect(flight.snapshot()).toMatchObject({ keys: 0, waiting: 0 });
  expect(clock.pendingTimers).toEqual([]);
  expect(service.snapshot().inFlight).toBe(0);
}

test('a cache never answers with what it must not, never grows beyond its bounds and leaves nothing behind', async () => {
  await fc.assert(fc.asyncProperty(plan, check), { numRuns: 400 });
}, 60_000);
