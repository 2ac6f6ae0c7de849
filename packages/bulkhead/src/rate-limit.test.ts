import { keyed, Outcome, pipeline, subscribe, trailOf } from '@holdfast/core';
import type { HoldfastEvent, Pipeline, RunOptions } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { openCall } from '../test/calls.ts';
import { RateLimitedError } from './errors.ts';
import { rateLimit } from './rate-limit.ts';
import type { RateLimit } from './rate-limit.ts';
import type { RateLimitOptions } from './rate-limit-options.ts';

interface SetUp {
  clock: VirtualClock;
  guard: RateLimit;
  calls: Pipeline;
  /** `name@time` of every operation that ran. */
  log: string[];
  call: (name: string, options?: RunOptions) => Promise<unknown>;
}

/** The results of `call` are what the call ended with, an error included. */
function setUp(options: RateLimitOptions): SetUp {
  const clock = new VirtualClock();
  const guard = rateLimit({ clock, ...options });
  const calls = pipeline({ name: 'calls', clock }, guard);
  const log: string[] = [];
  const call = (name: string, options?: RunOptions): Promise<unknown> =>
    calls.run(() => void log.push(`${name}@${clock.now()}`), options).catch((error: unknown) => error);
  return { clock, guard, calls, log, call };
}

const limited = (retryAfterMs: number): unknown =>
  expect.objectContaining({ name: 'RateLimitedError', code: 'HOLDFAST_RATE_LIMITED', policy: 'rateLimit', retryAfterMs });

test('admits as many as its limit in any window and refuses the next at once, saying when there is a permit', async () => {
  const { clock, guard, log, call } = setUp({ limit: 2, perMs: 100 });
  await call('a');
  await clock.advance(30);
  await call('b');
  await clock.advance(30);
  expect(await call('c')).toEqual(limited(40));
  expect(clock.pendingTimers).toEqual([]);
  await clock.advance(39);
  expect(await call('d')).toEqual(limited(1));
  await clock.advance(1);
  await call('e');
  expect(log).toEqual(['a@0', 'b@30', 'e@100']);
  expect(guard.snapshot()).toEqual({
    policy: 'rateLimit',
    kind: 'rateLimit',
    limit: 2,
    perMs: 100,
    maxWaitMs: 0,
    queue: 0,
    permits: 0,
    queued: 0,
    oldestWaitMs: 0,
    pausedMs: 0,
    admitted: 3,
    refused: 2,
    drained: 0,
  });
});

test('how full its queue is shows in the snapshot, as for any bounded queue', () => {
  const { clock, guard } = setUp({ limit: 1, maxWaitMs: 10_000, queue: 4 });
  for (let i = 0; i < 3; i++) void guard.enter!(openCall(clock));
  const pool: { snapshot(): { readonly queued: number; readonly queue: number } } = guard;
  expect(pool.snapshot()).toMatchObject({ queued: 2, queue: 4, maxWaitMs: 10_000 });
  guard.prepareUpdate({ queue: undefined, maxWaitMs: 20_000 })();
  expect(pool.snapshot()).toMatchObject({ queued: 2, queue: 1_000, maxWaitMs: 20_000 });
});

test('a call that finds a permit takes it in the same turn, with no promise and no timer', () => {
  const { clock, guard } = setUp({ limit: 2 });
  expect(guard.enter!(openCall(clock))).toBeUndefined();
  expect(clock.pendingTimers).toEqual([]);
});

test('with a burst it is a token bucket', async () => {
  const { clock, guard, log, call } = setUp({ limit: 10, burst: 2 });
  for (const name of ['a', 'b', 'c']) await call(name);
  await clock.advance(100);
  for (const name of ['d', 'e']) await call(name);
  expect(log).toEqual(['a@0', 'b@0', 'd@100']);
  await clock.advance(50);
  expect(guard.snapshot()).toMatchObject({ burst: 2, permits: 0 });
  await clock.advance(150);
  expect(guard.snapshot()).toMatchObject({ permits: 2 });
});

test('the refusal says the limit, when to come again, and has no stack to pay for', async () => {
  const { call } = setUp({ name: 'github', limit: 1, perMs: 60_000 });
  await call('a');
  const error = (await call('b')) as Error;
  expect(error).toMatchObject({ policy: 'github', reason: 'limit', limit: 1, perMs: 60_000, retryAfterMs: 60_000 });
  expect(error.message).toBe('github: more than 1 in 60000 ms; its turn would come in 60000 ms');
  expect(error.stack).not.toContain('\n');
  expect(trailOf(error)).toMatchObject([{ policy: 'github', did: 'refused', reason: 'HOLDFAST_RATE_LIMITED' }]);
});

test('the refusal says why: the limit, a full queue, a near deadline, or an outcome that asked to slow down', async () => {
  const { clock, calls, guard, call } = setUp({ limit: 2, perMs: 100, maxWaitMs: 250, queue: 1, drainOn: () => true });
  guard.enter!(openCall(clock));
  guard.enter!(openCall(clock));
  expect(await call('hurried', { timeoutMs: 100 })).toMatchObject({
    reason: 'deadline',
    message: 'rateLimit: its turn would come in 100 ms, when its time is over',
  });
  void guard.enter!(openCall(clock));
  expect(await call('one too many')).toMatchObject({
    reason: 'queue',
    message: 'rateLimit: the queue is full; its turn would come in 100 ms',
  });
  calls.update({ rateLimit: { maxWaitMs: 99 } });
  expect(await call('late in any case', { timeoutMs: 10 })).toMatchObject({ reason: 'limit' });

  await clock.advance(200);
  await call('answered with a 429');
  expect(await call('too early')).toMatchObject({
    reason: 'paused',
    message: 'rateLimit: an outcome asked for fewer calls; its turn would come in 100 ms',
  });
  await clock.advance(100);
  guard.enter!(openCall(clock));
  guard.enter!(openCall(clock));
  expect(await call('after the drain')).toMatchObject({ reason: 'limit' });
  expect(guard.snapshot()).toMatchObject({ admitted: 5, refused: 6, drained: 1 });
});

test('where nobody may wait, it is the limit that refuses, however near the deadline', async () => {
  const { clock, guard, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 1_000, queue: 0 });
  guard.enter!(openCall(clock));
  expect(await call('a')).toMatchObject({ reason: 'limit' });
  expect(await call('b', { timeoutMs: 10 })).toMatchObject({ reason: 'limit' });
});

test('retryAfterMs of the refusal is a number for the compiler, too', () => {
  const afterMs: number = new RateLimitedError('p', 'limit', 5, 1, 1).retryAfterMs;
  expect(afterMs).toBe(5);
});

test('retryAfterMs is never too short, whatever the fractions', async () => {
  const clock = new VirtualClock({ startMs: 0.1 });
  const guard = rateLimit({ clock, limit: 3, perMs: 100, burst: 1 });
  guard.enter!(openCall(clock));
  expect(() => guard.enter!(openCall(clock))).toThrow(limited(34));
  await clock.advance(34);
  expect(guard.enter!(openCall(clock))).toBeUndefined();
});

test('calls wait for their turn, in order, if it comes within maxWaitMs', async () => {
  const { clock, guard, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 250 });
  const results = ['a', 'b', 'c', 'd'].map((name) => call(name));
  expect(await results[3]).toEqual(limited(300));
  expect(clock.pendingTimers).toHaveLength(1);
  await clock.advance(150);
  expect(guard.snapshot()).toMatchObject({ queued: 1, oldestWaitMs: 150 });
  await clock.advance(50);
  await Promise.all(results);
  expect(log).toEqual(['a@0', 'b@100', 'c@200']);
  expect(clock.pendingTimers).toEqual([]);
});

test('no more wait than the queue has room for', async () => {
  const { clock, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 10_000, queue: 1 });
  void call('a');
  void call('b');
  expect(await call('c')).toEqual(limited(200));
  await clock.runAll();
});

test('a call whose turn would not come within its own deadline is refused at once', async () => {
  const { clock, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 10_000 });
  void call('a');
  expect(await call('b', { timeoutMs: 100 })).toEqual(limited(100));
  const waits = call('c', { timeoutMs: 101 });
  await clock.runAll();
  await waits;
  expect(log).toEqual(['a@0', 'c@100']);
});

test('a cancelled call leaves at once, with the reason of its caller, and all behind it come sooner', async () => {
  const { clock, guard, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 1_000 });
  const caller = new AbortController();
  const first = new AbortController();
  void call('a');
  const [b, c, d, e] = [call('b', { signal: first.signal }), call('c'), call('d', { signal: caller.signal }), call('e')];
  await clock.advance(50);
  caller.abort('gone');
  expect(guard.snapshot().queued).toBe(3);
  expect(await d).toBe('gone');
  first.abort('gone first');
  expect(await b).toBe('gone first');
  await clock.runAll();
  await Promise.all([c, e]);
  expect(log).toEqual(['a@0', 'c@100', 'e@200']);
});

test('when the heavy first one leaves, a light one behind it goes on at once', async () => {
  const weight: RateLimitOptions['weight'] = ({ attributes }) => attributes['weight'] as number;
  const { clock, log, call } = setUp({ limit: 1, perMs: 100, burst: 3, maxWaitMs: 1_000, weight });
  const caller = new AbortController();
  void call('a', { attributes: { weight: 2 } });
  const heavy = call('heavy', { attributes: { weight: 3 }, signal: caller.signal });
  const light = call('light', { attributes: { weight: 1 } });
  await clock.advance(0);
  expect(log).toEqual(['a@0']);
  caller.abort('gone');
  await light;
  expect(log).toEqual(['a@0', 'light@0']);
  expect(await heavy).toBe('gone');
  expect(clock.pendingTimers).toEqual([]);
});

test('a permit granted in the very turn in which its call is cancelled goes to the next', async () => {
  const { clock, guard, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 1_000 });
  const caller = new AbortController();
  void call('a');
  const cancelled = call('cancelled', { signal: caller.signal });
  const next = call('next');
  clock.stall(100); // the alarm is late: who comes now lets the first in line pass
  expect(guard.enter!(openCall(clock))).toBeInstanceOf(Promise);
  expect(guard.snapshot().queued).toBe(2);
  caller.abort('gone');
  expect(guard.snapshot().queued).toBe(1);
  expect(await cancelled).toBe('gone');
  await next;
  expect(log).toEqual(['a@0', 'next@100']);
});

test('a turn that comes late, as the event loop was blocked, is not lost', async () => {
  const { clock, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 100 });
  void call('a');
  const b = call('b');
  clock.stall(500);
  await clock.advance(0);
  await b;
  expect(log).toEqual(['a@0', 'b@500']);
});

test('who waits for longer than it may, as timers are late for its rate, is refused then', async () => {
  const { clock, log, call } = setUp({ limit: 1, perMs: 100, burst: 1, maxWaitMs: 300 });
  const results = ['a', 'b', 'c', 'd'].map((name) => call(name));
  clock.stall(290);
  await clock.advance(1_000);
  expect(await results[2]).toEqual(limited(100));
  expect(await results[3]).toEqual(limited(100));
  expect(log).toEqual(['a@0', 'b@290']);
});

test.each([0, 1.5, 4, Number.NaN, '1' as never])('a call that weighs %s is refused, and takes nothing', async (weight) => {
  const { guard, call } = setUp({ limit: 3, weight: () => weight });
  expect(await call('a')).toMatchObject({
    code: 'HOLDFAST_CONFIG',
    option: 'weight',
    allowed: expect.stringContaining('from 1 to 3') as string,
  });
  expect(guard.snapshot().permits).toBe(3);
});

test('a call that its own weight callback cancels takes no place in line', () => {
  const caller = new AbortController();
  const { clock, guard } = setUp({ limit: 1, perMs: 100, maxWaitMs: 1_000 });
  guard.enter!(openCall(clock));
  guard.prepareUpdate({
    weight: () => {
      caller.abort('gone');
      return 1;
    },
  })();
  expect(() => guard.enter!(openCall(clock, { signal: caller.signal }))).toThrow('gone');
  expect(guard.snapshot().queued).toBe(0);
});

test('one limit for each tenant, by keyed', async () => {
  const clock = new VirtualClock();
  const tenants = keyed(
    ({ key }) => key,
    (_key, label) => rateLimit({ name: label, limit: 1, clock }),
    { clock },
  );
  const calls = pipeline({ name: 'calls', clock }, tenants);
  const outcomes = ['a', 'b', 'a'].map((key) => calls.run(() => key, { key }).catch((error: unknown) => error));
  expect(await Promise.all(outcomes)).toEqual([
    'a',
    'b',
    expect.objectContaining({ code: 'HOLDFAST_RATE_LIMITED', policy: 'a' }),
  ]);
});

test('resize keeps who waits and what was taken, goes on at the new rate, and says so', async () => {
  const { clock, guard, log, call } = setUp({ limit: 1, perMs: 100, burst: 1, maxWaitMs: 10_000 });
  const events: HoldfastEvent[] = [];
  const results = ['a', 'b', 'c', 'd'].map((name) => call(name));
  await clock.advance(50);
  const unsubscribe = subscribe((event) => events.push(event));
  guard.resize({ limit: 10 }); // half a permit is there; the other half comes in 5 ms, not in 50
  await clock.runAll();
  unsubscribe();
  await Promise.all(results);
  expect(log).toEqual(['a@0', 'b@55', 'c@65', 'd@75']);
  expect(events.find(({ type }) => type === 'rateLimit.resized')).toEqual({
    type: 'rateLimit.resized',
    at: 50,
    policy: 'rateLimit',
    limits: { limit: 10, perMs: 100, burst: 1 },
    previous: { limit: 1, perMs: 100, burst: 1 },
  });
});

test('whoever would wait in vain after a resize is refused then and there, those behind it keep their turn', async () => {
  const weight: RateLimitOptions['weight'] = ({ attributes }) => attributes['weight'] as number;
  const { clock, guard, log, call } = setUp({ limit: 10, perMs: 100, burst: 3, maxWaitMs: 100, weight });
  void call('a', { attributes: { weight: 3 } });
  const heavy = call('heavy', { attributes: { weight: 3 } });
  const tooHeavy = call('too heavy', { attributes: { weight: 2 } });
  const light = call('light', { attributes: { weight: 1 } });
  guard.resize({ limit: 1, burst: 1 });
  expect(await heavy).toMatchObject({ code: 'HOLDFAST_CONFIG', option: 'weight', value: 3 });
  expect(await tooHeavy).toMatchObject({ code: 'HOLDFAST_CONFIG', option: 'weight', value: 2 });
  const late = call('late', { attributes: { weight: 1 } });
  expect(await late).toEqual(limited(200));
  await clock.runAll();
  await light;
  expect(log).toEqual(['a@0', 'light@100']);
});

test('an update holds for those who wait, from their arrival', async () => {
  const { clock, calls, log, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 1_000 });
  const results = ['a', 'b', 'c', 'd'].map((name) => call(name));
  await clock.advance(50);
  calls.update({ rateLimit: { maxWaitMs: 200 } });
  expect(await results[3]).toEqual(limited(250));
  await clock.runAll();
  expect(log).toEqual(['a@0', 'b@100', 'c@200']);
});

test('an update changes weight, queue and drainOn for the calls that come', async () => {
  const { clock, calls, guard, call } = setUp({ limit: 4, maxWaitMs: 1_000 });
  calls.update({ rateLimit: { weight: () => 3, queue: 0, drainOn: () => true } });
  await call('a');
  expect(guard.snapshot().permits).toBe(0);
  expect(await call('b')).toEqual(limited(1_000));
  calls.update({ rateLimit: { weight: undefined, drainOn: undefined } });
  await clock.advance(1_000);
  await call('c');
  expect(guard.snapshot().permits).toBe(3);
});

test.each([
  [{ limit: 0 }, 'limit'],
  [{ limit: 2, burst: 2 }, 'burst'],
  [{ name: 'other' }, 'name'],
  [{ clock: new VirtualClock() }, 'clock'],
  [{ limmit: 2 }, 'limmit'],
  [{ limit: 2, maxWaitMs: 0, queue: 3 }, 'queue'],
  ['nonsense', 'options'],
  [{ limit: undefined }, 'limit'],
])('an update to %o is refused for its option %s, naming the rate limit, and changes nothing', (changes, option) => {
  const { guard } = setUp({ name: 'github', limit: 5 });
  const before = guard.snapshot();
  const refusal = expect.objectContaining({
    code: 'HOLDFAST_CONFIG',
    option,
    policy: expect.stringMatching(/^(github|other)$/) as string,
  });
  expect(() => guard.prepareUpdate(changes as never)).toThrow(refusal as Error);
  expect(guard.snapshot()).toEqual(before);
});

test('a token bucket stays one, and a window, too', () => {
  const { guard } = setUp({ name: 'github', limit: 5, burst: 2 });
  expect(() => guard.prepareUpdate({ burst: undefined })).toThrow(
    'github: option burst must be given, as it was made with one: that cannot change while running, got undefined',
  );
  expect(() => setUp({ limit: 5 }).guard.prepareUpdate({ burst: 2 })).toThrow(
    'rateLimit: option burst must be absent, as it was made without: that cannot change while running, got 2',
  );
  guard.prepareUpdate({ name: 'github', limit: 5, burst: 3 } as never)();
  expect(guard.snapshot().burst).toBe(3);
});

test('resize takes limits only', () => {
  const { guard } = setUp({ limit: 5 });
  expect(() => guard.resize({ maxWaitMs: 5 } as never)).toThrow(expect.objectContaining({ option: 'maxWaitMs' }));
});

test('changes nothing before the prepared update is put in effect', () => {
  const { guard } = setUp({ limit: 5 });
  const apply = guard.prepareUpdate({ limit: 7 });
  expect(guard.snapshot().limit).toBe(5);
  apply();
  expect(guard.snapshot()).toMatchObject({ limit: 7, permits: 7 });
});

test('an outcome that asks for it drains what is there, and stops all for as long as it says', async () => {
  const drainOn: RateLimitOptions['drainOn'] = ({ value }) => value as number | boolean;
  const { clock, calls, guard, log, call } = setUp({ limit: 5, perMs: 100, maxWaitMs: 1_000, drainOn });
  const events: HoldfastEvent[] = [];
  const unsubscribe = subscribe((event) => events.push(event));
  await calls.run(() => true);
  expect(guard.snapshot()).toMatchObject({ permits: 0, pausedMs: 0 });
  await clock.advance(100);
  await calls.run(() => 500);
  expect(guard.snapshot()).toMatchObject({ permits: 0, pausedMs: 500 });
  const waits = call('waits');
  await clock.advance(100);
  expect(guard.snapshot()).toMatchObject({ permits: 0, queued: 1, pausedMs: 400 });
  await clock.advance(400);
  await waits;
  unsubscribe();
  expect(log).toEqual(['waits@600']);
  expect(events.filter(({ type }) => type === 'rateLimit.drained')).toMatchObject([
    { at: 0, policy: 'rateLimit', pauseMs: 0, pipeline: 'calls', callId: expect.any(Number) as number },
    { at: 100, pauseMs: 500 },
  ]);
});

test('those who would wait through a pause in vain are told at once', async () => {
  const drainOn: RateLimitOptions['drainOn'] = ({ threw, error }) => threw && (error as { retryAfterMs: number }).retryAfterMs;
  const { clock, calls, guard, call } = setUp({ limit: 1, perMs: 100, maxWaitMs: 150, drainOn });
  const dependency = Promise.withResolvers<never>();
  const slow = calls.run(() => dependency.promise).catch((error: unknown) => error);
  const waits = call('waits');
  dependency.reject(Object.assign(new Error('429'), { retryAfterMs: Number.POSITIVE_INFINITY }));
  await slow;
  const error = await waits;
  expect(error).toEqual(limited(300_000)); // five minutes, and not for ever
  expect(error).toMatchObject({ reason: 'paused' });
  expect(guard.snapshot()).toMatchObject({ admitted: 1, refused: 1, drained: 1 });
  expect(clock.pendingTimers).toEqual([]);
});

test.each([false, undefined, 0])('an outcome for which drainOn gives %s drains nothing', (answer) => {
  const { clock, guard } = setUp({ limit: 5, drainOn: () => answer });
  void guard.exit!(openCall(clock), Outcome.returned('ok'), undefined);
  expect(guard.snapshot()).toMatchObject({ permits: 5, pausedMs: 0, drained: 0 });
});

test.each([-1, Number.NaN, '5', null, Promise.resolve(true), {}])(
  'drainOn that answers %o is reported, drains nothing, and leaves the answer of the call alone',
  async (answer) => {
    const { calls, guard } = setUp({ limit: 5, drainOn: () => answer as never });
    const faults: unknown[] = [];
    const unsubscribe = subscribe((event) => event.type === 'policy.faulted' && faults.push([event.policy, event.error]));
    expect(await calls.run(() => 'ok')).toBe('ok');
    unsubscribe();
    expect(faults).toEqual([
      ['rateLimit', expect.objectContaining({ message: expect.stringMatching(/^drainOn must answer/) as string })],
    ]);
    expect(guard.snapshot()).toMatchObject({ permits: 4, pausedMs: 0, drained: 0 });
  },
);

test('an outcome of nothing that ran is nobody asked about', () => {
  const { clock, guard } = setUp({ limit: 5, drainOn: () => true });
  void guard.exit!(openCall(clock), new Outcome('rejected', true, undefined, 'no', undefined, false), undefined);
  expect(guard.snapshot().permits).toBe(5);
});

test('its traits tell the longest wait', () => {
  const { guard } = setUp({ limit: 5, maxWaitMs: 70 });
  expect(guard.traits!()).toEqual({ waitMs: 70 });
  guard.prepareUpdate({ queue: 0 })();
  expect(guard.traits!()).toEqual({});
});

test('while it is paused nobody is admitted, though permits have come back, and a shorter answer does not end it sooner', async () => {
  const { clock, calls, log, call } = setUp({ limit: 1, perMs: 10, drainOn: ({ value }) => value as number });
  const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const results = [calls.run(() => first.promise)];
  await clock.advance(10);
  results.push(calls.run(() => second.promise));
  first.resolve(500);
  await clock.advance(0);
  second.resolve(20);
  await Promise.all(results);
  await clock.advance(200);
  expect(await call('a')).toEqual(limited(300));
  await clock.advance(300);
  await call('b');
  expect(log).toEqual(['b@510']);
});

test('a wait that fits exactly fits, however it is rounded', async () => {
  const clock = new VirtualClock({ startMs: 1e9 });
  const guard = rateLimit({ clock, limit: 10, perMs: 1, burst: 1, maxWaitMs: 0.1 });
  guard.enter!(openCall(clock));
  expect(guard.enter!(openCall(clock))).toBeInstanceOf(Promise);
});

test('a permit that is there is told as one, however it is rounded', async () => {
  const { clock, guard } = setUp({ limit: 3, perMs: 10, burst: 5 });
  for (let i = 0; i < 5; i++) guard.enter!(openCall(clock));
  await clock.advance(10);
  expect(guard.snapshot().permits).toBe(3);
});

test('updates add up, and the options it was given may be changed by their owner', () => {
  const options = { limit: 5, perMs: 100 };
  const guard = rateLimit(options);
  options.perMs = 7;
  guard.resize({ limit: 6 });
  guard.prepareUpdate({ maxWaitMs: 10 })();
  expect(guard.snapshot()).toMatchObject({ limit: 6, perMs: 100 });
});

test('an update that changes no limit publishes nothing', () => {
  const { guard } = setUp({ limit: 5 });
  const events: HoldfastEvent[] = [];
  const unsubscribe = subscribe((event) => events.push(event));
  guard.prepareUpdate({ maxWaitMs: 10 })();
  unsubscribe();
  expect(events).toEqual([]);
});
