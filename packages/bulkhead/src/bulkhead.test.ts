import { pipeline, subscribe } from '@holdfast/core';
import type { Clock, HoldfastEvent, Outcome, Pipeline } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { job, openCall } from '../test/calls.ts';
import { bulkhead } from './bulkhead.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { BulkheadOptions } from './options.ts';

const unused = {} as Outcome;

function setUp(options: BulkheadOptions): { clock: VirtualClock; guard: Bulkhead; calls: Pipeline } {
  const clock = new VirtualClock();
  const guard = bulkhead({ clock, ...options });
  return { clock, guard, calls: pipeline({ name: 'calls', clock }, guard) };
}

const full = expect.objectContaining({ name: 'BulkheadFullError', code: 'HOLDFAST_BULKHEAD_FULL', policy: 'bulkhead' });

test('a call that finds a permit free goes on in the same turn, with no timer, promise or look at the clock', () => {
  const clock = new Proxy({} as Clock, {
    get: (_, method) =>
      method === 'constructor' ? Object : (): never => expect.fail(`the clock was asked for ${String(method)}`),
    has: () => true,
  });
  const guard = bulkhead({ clock, concurrency: 2 });
  const call = openCall(new VirtualClock());
  for (let i = 0; i < 3; i++) {
    expect(guard.enter!(call)).toBeUndefined();
    guard.exit!(call, unused, undefined);
  }
});

test('runs as many as there are permits, keeps as many waiting as the queue holds, and refuses the next at once', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 2, queue: 1 });
  const jobs = ['a', 'b', 'c', 'd'].map((name) => job(name));
  const results = jobs.slice(0, 3).map(({ run }) => calls.run(run));
  await expect(calls.run(jobs[3]!.run)).rejects.toEqual(full);
  expect(jobs.map(({ started }) => started)).toEqual([true, true, false, false]);
  expect(guard.snapshot()).toEqual({
    policy: 'bulkhead',
    kind: 'bulkhead',
    concurrency: 2,
    queue: 1,
    permits: 0,
    inFlight: 2,
    leftBehind: 0,
    queued: 1,
    oldestWaitMs: 0,
    admitted: 2,
    refused: 1,
    timedOut: 0,
  });

  for (const { end } of jobs) end();
  expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  expect(guard.snapshot()).toMatchObject({ permits: 2, inFlight: 0, queued: 0, admitted: 3, refused: 1 });
  expect(clock.pendingTimers).toEqual([]);
});

test('the refusal says the limits, and has no stack to pay for', async () => {
  const { calls } = setUp({ name: 'orders', concurrency: 1, queue: 0 });
  void calls.run(job('a').run);
  const error = await calls.run(job('b').run).catch((error: unknown) => error as Error);
  expect(error).toMatchObject({ policy: 'orders', concurrency: 1, queue: 0, evicted: false });
  expect((error as Error).message).toBe('orders: no permit for this call and no room to wait (concurrency 1, queue 0)');
  expect((error as Error).stack).not.toContain('\n');
});

test('a call that comes in the turn in which a permit is handed over does not overtake the one that waits', async () => {
  const { clock, calls } = setUp({ concurrency: 1 });
  const log: string[] = [];
  const [a, b, c] = [job('a', log), job('b', log), job('c', log)];
  const ended = calls.run(a.run);
  void calls.run(b.run);
  a.end();
  await ended;
  void calls.run(c.run);
  await clock.advance(0);
  expect(log).toEqual(['a', 'b']);
  b.end();
  await clock.advance(0);
  expect(log).toEqual(['a', 'b', 'c']);
});

test('waits no longer than queueTimeoutMs, and time in the queue counts while others run', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 1, queueTimeoutMs: 50 });
  const running = job('running');
  const first = calls.run(running.run);
  const late = job('late');
  const ending = calls.run(late.run).catch((error: unknown) => error);
  await clock.advance(49);
  expect(guard.snapshot()).toMatchObject({ queued: 1, oldestWaitMs: 49 });
  await clock.advance(1);
  expect(await ending).toMatchObject({ name: 'QueueTimeoutError', code: 'HOLDFAST_QUEUE_TIMEOUT', queueTimeoutMs: 50 });
  expect(guard.snapshot()).toMatchObject({ queued: 0, oldestWaitMs: 0 });
  running.end();
  await first;
  expect(late.started).toBe(false);
});

test('a permit freed during a stall reaches who waits before its time-out does', async () => {
  const { clock, calls } = setUp({ concurrency: 1, queueTimeoutMs: 50 });
  const [running, waiting] = [job('running'), job('waiting')];
  void calls.run(running.run);
  const result = calls.run(waiting.run);
  clock.stall(200);
  running.end();
  waiting.end();
  await clock.advance(0);
  expect(await result).toBe('waiting');
});

test('a cancelled call leaves the queue at once, frees its room, and rejects with the reason of its caller', async () => {
  const { guard, calls } = setUp({ concurrency: 1, queue: 1 });
  const running = job('running');
  const first = calls.run(running.run);
  const caller = new AbortController();
  const cancelled = calls.run(job('cancelled').run, { signal: caller.signal });
  caller.abort('gone');
  expect(guard.snapshot().queued).toBe(0);
  const next = job('next');
  const result = calls.run(next.run);
  await expect(cancelled).rejects.toBe('gone');
  running.end();
  next.end();
  expect(await Promise.all([first, result])).toEqual(['running', 'next']);
});

test('a call that is over before it comes to the queue takes no room', () => {
  const { clock, guard } = setUp({ concurrency: 1 });
  const caller = new AbortController();
  const call = openCall(clock, { signal: caller.signal });
  guard.enter!(openCall(clock));
  caller.abort('gone');
  expect(() => guard.enter!(call)).toThrow('gone');
  expect(guard.snapshot().queued).toBe(0);
});

test('a permit granted in the very turn in which its call is cancelled goes to the next', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 1, queue: 2 });
  const caller = new AbortController();
  const [cancelled, next] = [job('cancelled'), job('next')];
  const running = openCall(clock);
  const ticket = guard.enter!(running);
  const gone = calls.run(cancelled.run, { signal: caller.signal }).catch((error: unknown) => error);
  const result = calls.run(next.run);
  guard.exit!(running, unused, ticket); // grants
  caller.abort('gone');
  next.end();
  expect(await gone).toBe('gone');
  expect(await result).toBe('next');
  expect(cancelled.started).toBe(false);
  expect(guard.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
});

test('lifo serves the newest first, and the oldest gives way when full', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 1, queue: 2, order: 'lifo' });
  const log: string[] = [];
  const running = openCall(clock);
  const ticket = guard.enter!(running);
  const [oldest] = ['oldest', 'older', 'newest'].map((name) => {
    const { run, end } = job(name, log);
    end();
    const result = calls.run(run);
    result.catch(() => {});
    return result;
  });
  await expect(oldest).rejects.toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL', evicted: true });
  guard.exit!(running, unused, ticket);
  await clock.advance(0);
  expect(log).toEqual(['newest', 'older']);
});

test('priority serves by criticality, and the newest of the lowest class gives way to a higher one only', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 1, queue: 2, order: 'priority' });
  const log: string[] = [];
  const run = (name: string, criticality: 'critical' | 'sheddable'): Promise<unknown> => {
    const { run, end } = job(name, log);
    end();
    return calls.run(run, { criticality }).catch((error: unknown) => error);
  };
  const running = openCall(clock);
  const ticket = guard.enter!(running);
  const old = run('old', 'sheddable');
  const young = run('young', 'sheddable');
  const important = run('important', 'critical');
  expect(await young).toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL', evicted: true });
  expect(await run('late', 'sheddable')).toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL', evicted: false });
  guard.exit!(running, unused, ticket);
  expect(await Promise.all([old, important])).toEqual(['old', 'important']);
  expect(log).toEqual(['important', 'old']);
});

test('priority ages: under a flood of more important calls, an unimportant one is served in time', async () => {
  const { clock, calls } = setUp({ concurrency: 1, queue: 100, order: 'priority', ageingMs: 100, queueTimeoutMs: 1_000 });
  const takes10Ms = (): Promise<void> => clock.sleep(10);
  let servedAt = Number.NaN;
  void calls.run(takes10Ms);
  void calls.run(() => void (servedAt = clock.now()), { criticality: 'sheddable' });
  for (let at = 0; at < 900; at += 10) {
    void calls.run(takes10Ms, { criticality: 'critical_plus' });
    await clock.advance(10);
  }
  // Of the important calls, 10 ms each, it was overtaken by those that came in its first 3 × 100 ms.
  expect(servedAt).toBe(320);
});

test('fair: one key can neither fill the queue nor keep the permits from another', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 2, queue: 4, fair: true });
  const log: string[] = [];
  const noisy = Array.from({ length: 6 }, (_, i) => job(`noisy${i}`, log));
  const outcomes = noisy.map(({ run }) => calls.run(run, { key: 'noisy' }).catch((error: unknown) => error));
  const quiet = [job('quiet0', log), job('quiet1', log)];
  const results = quiet.map(({ run }) => calls.run(run, { key: 'quiet' }));
  expect(await Promise.all(outcomes.slice(4))).toEqual([
    expect.objectContaining({ evicted: true }),
    expect.objectContaining({ evicted: true }),
  ]);
  noisy[0]!.end();
  await clock.advance(0);
  expect(log).toEqual(['noisy0', 'noisy1', 'quiet0']);
  for (const { end } of [...noisy, ...quiet]) end();
  expect(await Promise.all(results)).toEqual(['quiet0', 'quiet1']);
  await Promise.all(outcomes);
  expect(guard.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
});

test('weight: a call takes as many permits as it weighs and gives them all back', () => {
  const { clock, guard } = setUp({ concurrency: 5, weight: ({ attributes }) => attributes['weight'] as number });
  const call = openCall(clock, { attributes: { weight: 3 } });
  const ticket = guard.enter!(call);
  expect(guard.snapshot().permits).toBe(2);
  guard.exit!(call, unused, ticket);
  expect(guard.snapshot().permits).toBe(5);
});

test.each([
  [{ weight: () => 0 }, 'weight'],
  [{ weight: () => Number.NaN }, 'weight'],
  [{ order: 'priority' as const, priority: () => 10 }, 'priority'],
  [{ order: 'priority' as const, priority: () => -1 }, 'priority'],
])('a call for which %o gives nonsense is refused, and holds nothing', async (options, option) => {
  const { clock, guard, calls } = setUp({ concurrency: 1, ...options });
  if (option === 'priority') guard.enter!(openCall(clock));
  const { inFlight } = guard.snapshot();
  await expect(calls.run(job('a').run)).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG', option });
  expect(guard.snapshot()).toMatchObject({ inFlight, queued: 0 });
});

test('resize keeps who waits, admits at once when there are more permits, and says so', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 1, queue: 3 });
  const events: HoldfastEvent[] = [];
  const jobs = Array.from({ length: 4 }, (_, i) => job(`${i}`));
  const results = jobs.map(({ run }) => calls.run(run));
  guard.resize({ queue: 0 });
  const unsubscribe = subscribe((event) => events.push(event));
  guard.resize({ concurrency: 2 });
  await clock.advance(0);
  unsubscribe();
  expect(jobs.map(({ started }) => started)).toEqual([true, true, false, false]);
  expect(events.find(({ type }) => type === 'bulkhead.resized')).toEqual({
    type: 'bulkhead.resized',
    at: 0,
    policy: 'bulkhead',
    limits: { concurrency: 2, queue: 0 },
    previous: { concurrency: 1, queue: 0 },
  });
  await expect(calls.run(job('late').run)).rejects.toEqual(full);
  for (const { end } of jobs) end();
  expect(await Promise.all(results)).toEqual(['0', '1', '2', '3']);
});

test('resize refuses nonsense and changes nothing', () => {
  const { guard } = setUp({ concurrency: 2, queue: 3 });
  const nonsense = expect.objectContaining({ code: 'HOLDFAST_CONFIG', option: 'concurrency' });
  expect(() => guard.resize({ concurrency: 0, queue: 9 })).toThrow(nonsense);
  expect(guard.snapshot()).toMatchObject({ concurrency: 2, queue: 3 });
});

test('its totals count calls: those admitted, those refused or sent away for another, those that waited too long', async () => {
  const { clock, guard, calls } = setUp({ concurrency: 2, queue: 1, order: 'lifo', queueTimeoutMs: 50, weight: () => 2 });
  const first = job('first');
  const results = [calls.run(first.run), calls.run(job('evicted').run), calls.run(job('waits in vain').run)];
  const ended = Promise.allSettled(results);
  await clock.advance(50);
  first.end();
  await ended;
  expect(guard.snapshot()).toMatchObject({ admitted: 1, refused: 1, timedOut: 1 });
  guard.resize({ queue: 0 });
  const caller = new AbortController();
  const gone = calls.run(job('runs').run, { signal: caller.signal }).catch((error: unknown) => error);
  caller.abort('gone');
  await gone;
  expect(guard.snapshot()).toMatchObject({ admitted: 2, refused: 1, timedOut: 1 });
});
