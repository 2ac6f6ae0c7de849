// Events in whole, for those who put them in a log: when, of which call, of which policy.
import { pipeline } from '@holdfast/core';
import type { HoldfastEvent } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { ladder } from '../src/ladder.ts';
import { singleFlight } from '../src/single-flight.ts';
import { staleCache } from '../src/stale-cache.ts';
import { errorOf, eventsOf, hangs } from './cache-support.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const k = { key: 'k' };
const number: unknown = expect.any(Number);
const callIds = (events: readonly HoldfastEvent[]): unknown[] => events.map(({ callId }) => callId);

test('of a cache: what it answered with, and why', async () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const cache = staleCache({ name: 'rates', ttlMs: 100, staleWhileRevalidateMs: 50, staleIfErrorMs: 500, jitterRatio: 0, clock });
  const service = pipeline({ name: 'service', clock }, cache);
  const seen = eventsOf(/^cache\./);
  const ask = async (operation: () => unknown, afterMs: number): Promise<void> => {
    await clock.advance(afterMs);
    await service.run(operation, k);
    await clock.advance(0);
  };
  await ask(() => 'old', 0);
  await ask(hangs, 99);
  await ask(fails, 1);
  await ask(() => undefined, 10);
  await ask(fails, 90);
  const facts = { pipeline: 'service', policy: 'rates', key: 'k', callId: number };
  const revalidating = { because: 'revalidating', kind: undefined, error: undefined };
  expect(seen).toEqual([
    { type: 'cache.missed', at: 1_000, ...facts },
    { type: 'cache.hit', at: 1_099, ...facts, ageMs: 99 },
    { type: 'cache.stale', at: 1_100, ...facts, ageMs: 100, ...revalidating },
    { type: 'cache.failed', at: 1_100, ...facts, ageMs: 100, kind: 'failure', error: down },
    { type: 'cache.stale', at: 1_110, ...facts, ageMs: 110, ...revalidating },
    { type: 'cache.revalidated', at: 1_110, ...facts, ageMs: 110, kept: false },
    { type: 'cache.missed', at: 1_200, ...facts },
    { type: 'cache.stale', at: 1_200, ...facts, ageMs: 200, because: 'failed', kind: 'failure', error: down },
  ]);
  const [missed, hit, , failed, , , again, stale] = callIds(seen);
  expect(again).toBe(stale);
  expect(new Set([missed, hit, failed, again]).size).toBe(4);
});

test.each([
  ['get', { get: fails }],
  ['set', { set: fails }],
  ['now', { now: (): never => { throw down; } }], // prettier-ignore
])('of a store whose %s failed: no call of its own', async (operation, broken) => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const store = { get: () => undefined, set: () => {}, delete: () => {}, ...broken };
  const service = pipeline({ name: 'service', clock }, staleCache({ ttlMs: 100, store, clock }));
  const seen = eventsOf(/^cache\.store/);
  await service.run(() => 1, k);
  await clock.advance(0);
  expect(seen).toEqual([{ type: 'cache.store_failed', at: 1_000, policy: 'staleCache', key: 'k', operation, error: down }]);
});

test('of a store that answered with nonsense: what is wrong with it', async () => {
  const store = { get: () => ({ rate: 1 }) as never, set: () => {}, delete: () => {} };
  const seen = eventsOf(/^cache\.store/);
  await pipeline('service', staleCache({ ttlMs: 100, store })).run(() => 1, k);
  const message = 'the store answered with something that is no entry';
  expect(seen).toMatchObject([{ operation: 'get', error: { name: 'TypeError', message } }]);
});

test('of a value whose size is told wrong: that, and what was told', async () => {
  const seen = eventsOf(/^cache\.store/);
  await pipeline('service', staleCache({ ttlMs: 100, sizeOf: () => -1 })).run(() => 1, k);
  const message = 'sizeOf must answer with a number of bytes of at least 0, got -1';
  expect(seen).toMatchObject([{ operation: 'set', error: { name: 'TypeError', message } }]);
});

test('of a single flight: who joined, who began anew, and what was given up', async () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const service = pipeline({ name: 'service', clock }, singleFlight({ name: 'reports' }));
  const seen = eventsOf(/^singleFlight\./);
  const operation = async (): Promise<never> => {
    await clock.sleep(10);
    throw down;
  };
  const calls = [
    errorOf(service.run(operation, k)),
    errorOf(service.run(operation, k)),
    errorOf(service.run(hangs, { key: 'other', timeoutMs: 30 })),
  ];
  await clock.advance(30);
  const reason = (await Promise.all(calls))[2];
  const facts = { pipeline: 'service', policy: 'reports', callId: number };
  expect(seen).toEqual([
    { type: 'singleFlight.joined', at: 1_000, ...facts, key: 'k', runId: number, sharing: 2 },
    { type: 'singleFlight.renewed', at: 1_010, ...facts, key: 'k', error: down },
    { type: 'singleFlight.abandoned', at: 1_030, ...facts, key: 'other', reason },
  ]);
  const [joined, renewed, abandoned] = callIds(seen);
  expect(renewed).toBe(joined);
  expect(abandoned).not.toBe(joined);
});

test('of a ladder: who held it, and who answered', async () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const service = ladder({ name: 'titles', levels: [{ name: 'full' }, { name: 'static', answer: 1 }], clock });
  const seen = eventsOf(/^ladder\./);
  service.pin('static');
  service.pin('static');
  await pipeline({ name: 'service', clock }, service).run(fails);
  await clock.advance(5);
  service.unpin();
  const facts = { policy: 'titles' };
  expect(seen).toEqual([
    { type: 'ladder.changed', at: 1_000, ...facts, from: 'full', to: 'static', reason: 'pinned', severity: 0 },
    { type: 'ladder.pinned', at: 1_000, ...facts, level: 'static' },
    { type: 'ladder.pinned', at: 1_000, ...facts, level: 'static' },
    { type: 'ladder.answered', at: 1_000, ...facts, callId: number, pipeline: 'service', level: 'static', error: undefined },
    { type: 'ladder.unpinned', at: 1_005, ...facts, level: 'static' },
  ]);
});

test('of a signal that reads what is no number: what it read', () => {
  const seen = eventsOf(/^ladder\./);
  const signals = [{ name: 'load', read: () => 'high' as never }];
  void ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 1 }], signals }).level;
  const message = 'a signal must read a number or a boolean, got high';
  expect(seen).toMatchObject([{ type: 'ladder.signal-failed', signal: 'load', error: { name: 'TypeError', message } }]);
});
