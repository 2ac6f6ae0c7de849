import { pipeline } from '@holdfast/core';
import type { Pipeline, RunOptions } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { job, openCall } from '../test/calls.ts';
import { bulkhead } from './bulkhead.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { BulkheadOptions } from './options.ts';

interface SetUp {
  clock: VirtualClock;
  guard: Bulkhead;
  calls: Pipeline;
  log: string[];
  /** A call that takes no time once it has its permits; gives the error that ended it. */
  call: (name: string, options?: RunOptions) => Promise<unknown>;
}

/** One call holds a permit for good. */
function setUp(options: BulkheadOptions): SetUp {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, concurrency: 1, queue: 10, ...options });
  const calls = pipeline({ name: 'calls', clock }, guard);
  const log: string[] = [];
  guard.enter!(openCall(clock, { key: 'holder' }));
  const call = (name: string, options?: RunOptions): Promise<unknown> =>
    calls.run(() => void log.push(name), options).catch((error: unknown) => error);
  return { clock, guard, calls, log, call };
}

test('a pipeline updates concurrency and queue, and waiters are admitted at once', async () => {
  const { guard, calls, log, call } = setUp({});
  const waits = call('waits');
  calls.update({ bulkhead: { concurrency: 2, queue: 3 } });
  await waits;
  expect(log).toEqual(['waits']);
  expect(guard.snapshot()).toMatchObject({ concurrency: 2, queue: 3, inFlight: 1 });
});

test('a queue that was never given stays as long as concurrency, one that was given stays as it is', () => {
  const { guard } = setUp({ queue: undefined });
  guard.resize({ concurrency: 7 });
  expect(guard.snapshot().queue).toBe(7);
  guard.resize({ queue: 2 });
  guard.resize({ concurrency: 9 });
  expect(guard.snapshot()).toMatchObject({ concurrency: 9, queue: 2 });
});

test('a shorter queueTimeoutMs ends the waits of those who have waited as long already, the others at their time', async () => {
  const { clock, guard, call } = setUp({ queueTimeoutMs: 1_000 });
  const old = call('old');
  await clock.advance(80);
  const young = call('young');
  await clock.advance(80);
  guard.prepareUpdate({ queueTimeoutMs: 100 })();
  await clock.advance(0);
  expect(await old).toMatchObject({ code: 'HOLDFAST_QUEUE_TIMEOUT', queueTimeoutMs: 100 });
  expect(guard.snapshot().queued).toBe(1);
  await clock.advance(20);
  expect(await young).toMatchObject({ code: 'HOLDFAST_QUEUE_TIMEOUT' });
});

test('a longer queueTimeoutMs lets those who wait wait longer', async () => {
  const { clock, guard, call } = setUp({ queueTimeoutMs: 50 });
  const waits = call('waits');
  await clock.advance(40);
  guard.prepareUpdate({ queueTimeoutMs: 200 })();
  await clock.advance(159);
  expect(guard.snapshot().queued).toBe(1);
  await clock.advance(1);
  expect(await waits).toMatchObject({ queueTimeoutMs: 200 });
  expect(clock.pendingTimers).toEqual([]);
});

test('an endless queueTimeoutMs leaves no timer behind', () => {
  const { clock, guard, call } = setUp({});
  void call('waits');
  guard.prepareUpdate({ queueTimeoutMs: Number.POSITIVE_INFINITY })();
  expect(clock.pendingTimers).toEqual([]);
});

test('a changed ageingMs orders those who wait anew', async () => {
  const { clock, guard, log, call } = setUp({ order: 'priority', ageingMs: 1_000 });
  void call('old', { criticality: 'sheddable' });
  await clock.advance(50);
  void call('important', { criticality: 'critical' });
  guard.prepareUpdate({ ageingMs: 10 })();
  guard.resize({ concurrency: 2 });
  await clock.advance(0);
  expect(log).toEqual(['old', 'important']);
});

test('changed weight and priority callbacks are asked about later calls', async () => {
  const { clock, guard, log, call } = setUp({ order: 'priority', concurrency: 2 });
  void call('old', { criticality: 'critical_plus' });
  await clock.advance(0);
  guard.prepareUpdate({ weight: () => 2, priority: () => 9 })();
  const heavy = call('heavy');
  expect(guard.snapshot().queued).toBe(1);
  guard.resize({ concurrency: 3 });
  await heavy;
  expect(log).toEqual(['old', 'heavy']);
});

test('a changed keyShareRatio holds from then on, and takes no permit away', async () => {
  const { clock, guard, log, call } = setUp({ concurrency: 4, keyShareRatio: 0.25 });
  const second = call('second', { key: 'holder' });
  await clock.advance(0);
  expect(log).toEqual([]);
  guard.prepareUpdate({ keyShareRatio: 0.5 })();
  await second;
  guard.enter!(openCall(clock, { key: 'holder' }));
  guard.prepareUpdate({ keyShareRatio: 0.25 })();
  expect(guard.snapshot().inFlight).toBe(2);
});

test('nothing changes before the prepared update is put in effect', () => {
  const { guard } = setUp({});
  const apply = guard.prepareUpdate({ concurrency: 5 });
  expect(guard.snapshot().concurrency).toBe(1);
  apply();
  expect(guard.snapshot().concurrency).toBe(5);
});

test.each([
  [{ concurrency: 0 }, 'concurrency'],
  [{ concurency: 2 }, 'concurency'],
  [{ name: 'other' }, 'name'],
  [{ clock: new VirtualClock() }, 'clock'],
  [{ order: 'priority' }, 'order'],
  [{ keyShareRatio: 0.5 }, 'fair'],
  [{ keyOf: () => 'k' }, 'fair'],
  [{ holdUntilSettled: true }, 'holdUntilSettled'],
  [{ ageingMs: 10 }, 'ageingMs'],
  [undefined, 'options'],
])('an update to %o is refused for its option %s, naming the bulkhead, and changes nothing', (changes, option) => {
  const { guard } = setUp({ name: 'orders' });
  const before = guard.snapshot();
  const refusal = expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'orders', option }) as Error;
  expect(() => guard.prepareUpdate(changes as never)).toThrow(refusal);
  expect(guard.snapshot()).toEqual(before);
});

test('another keyOf is refused: calls that run were counted by the first', () => {
  const { guard } = setUp({ keyOf: () => 'k' });
  expect(() => guard.prepareUpdate({ keyOf: () => 'k' } as never)).toThrow(expect.objectContaining({ option: 'keyOf' }) as Error);
});

test('a whole configuration may be given again, what cannot change included', () => {
  const { guard, clock } = setUp({});
  guard.prepareUpdate({
    name: 'bulkhead',
    clock,
    order: 'fifo',
    fair: false,
    holdUntilSettled: false,
    concurrency: 3,
  } as never)();
  expect(guard.snapshot().concurrency).toBe(3);
});

test('the options it was given may be changed by their owner later', () => {
  const options = { concurrency: 1, queue: 10 };
  const guard = bulkhead(options);
  options.queue = 99;
  guard.resize({ concurrency: 2 });
  expect(guard.snapshot().queue).toBe(10);
});

test('resize takes limits only', () => {
  const { guard } = setUp({});
  expect(() => guard.resize({ queueTimeoutMs: 5 } as never)).toThrow(
    expect.objectContaining({ option: 'queueTimeoutMs' }) as Error,
  );
});

test('its traits tell what it holds and how long calls may wait for it', () => {
  const { guard } = setUp({ queueTimeoutMs: 70 });
  expect(guard.traits!()).toEqual({ holds: true, waitMs: 70 });
  guard.resize({ queue: 0 });
  expect(guard.traits!()).toEqual({ holds: true });
});

test('a job that runs is left alone by all of it', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 2 });
  const { run, end } = job('runs');
  const result = calls.run(run);
  guard.prepareUpdate({ concurrency: 1, queue: 0, queueTimeoutMs: 1 })();
  await clock.advance(1_000);
  end();
  expect(await result).toBe('runs');
});
