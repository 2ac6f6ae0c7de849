// A rate limit at the ends of its ranges: fractions of a millisecond, nothing left to give back, one alone in line.
import { Outcome, pipeline, subscribe } from '@holdfast/core';
import type { HoldfastEvent } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pauseOf } from '../src/drain-answer.ts';
import type { RateLimits } from '../src/meter.ts';
import { rateLimit } from '../src/rate-limit.ts';
import type { RateLimit } from '../src/rate-limit.ts';
import type { RateLimitOptions } from '../src/rate-limit-options.ts';
import { SlidingWindow } from '../src/sliding-window.ts';
import { openCall } from './calls.ts';

const windowOf = (limit: number, perMs: number): SlidingWindow => new SlidingWindow({ limit, perMs, burst: undefined });

function limitWith(options: RateLimitOptions): { clock: VirtualClock; guard: RateLimit } {
  const clock = new VirtualClock();
  return { clock, guard: rateLimit({ clock, ...options }) };
}

function eventsFromHere(): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => events.push(event)));
  return events;
}

describe('a window that slides', () => {
  test('takes back nothing of what it has forgotten', () => {
    const window = windowOf(3, 100);
    window.take(1, 0);
    expect(window.available(200)).toBe(3);
    window.giveBack(1, 0);
    expect(window.available(200)).toBe(3);
  });

  test('takes back what several calls got at one time', () => {
    const window = windowOf(5, 100);
    window.take(1, 50);
    window.take(2, 50);
    window.giveBack(3, 50);
    expect(window.available(50)).toBe(5);
  });

  test('that is overdrawn has nothing to drain, and owes no less afterwards', () => {
    const window = windowOf(4, 100);
    window.take(4, 0);
    window.resize({ limit: 1, perMs: 100, burst: undefined }, 0);
    window.drain(10);
    expect(window.available(10)).toBe(-3);
    expect(window.available(100)).toBe(1);
  });

  test('that becomes longer does not remember again what it has forgotten', () => {
    const window = windowOf(2, 100);
    window.take(2, 0);
    window.resize({ limit: 2, perMs: 1_000, burst: undefined }, 150);
    expect(window.available(150)).toBe(2);
  });

  test('is exact up to a limit of 1 024, and notes permits at the end of a slice above', () => {
    const exact = windowOf(1_024, 1_024);
    exact.take(1_024, 0.5);
    expect(exact.freeAt(1, 0.5)).toBe(1_024.5);
    const sliced = windowOf(2_048, 2_048);
    expect(sliced.freeAt(1, 3)).toBe(3); // what is there is there now
    sliced.take(2_048, 3);
    expect(sliced.freeAt(1, 3)).toBe(2_052);
  });
});

describe('drainOn', () => {
  test('may ask for half a millisecond', () => {
    expect(pauseOf(0.5)).toBe(0.5);
  });

  test('leaves no permit for as long, though they have come back, and however short it is', async () => {
    const { clock, guard } = limitWith({ limit: 1, perMs: 0.1, drainOn: () => 0.5 });
    await pipeline({ name: 'calls', clock }, guard).run(() => 'ok');
    await clock.advance(0.25);
    expect(guard.snapshot()).toMatchObject({ permits: 0, pausedMs: 0.25 });
    await clock.advance(0.25);
    expect(guard.snapshot()).toMatchObject({ permits: 1, pausedMs: 0 });
  });

  test('is not missed by those who do not give it', async () => {
    const events = eventsFromHere();
    const { clock, guard } = limitWith({ limit: 1 });
    await pipeline({ name: 'calls', clock }, guard).run(() => 'ok');
    expect(events.filter(({ type }) => type === 'policy.faulted')).toEqual([]);
  });
});

test.each<[Partial<RateLimits>]>([[{ limit: 7 }], [{ perMs: 50 }], [{ burst: 9 }]])('a resize to %o is told', (changes) => {
  const { guard } = limitWith({ limit: 5, perMs: 100, burst: 3 });
  const events = eventsFromHere();
  guard.resize(changes);
  const previous = { limit: 5, perMs: 100, burst: 3 };
  expect(events).toMatchObject([{ type: 'rateLimit.resized', limits: { ...previous, ...changes }, previous }]);
});

test('the snapshot of a window has no burst', () => {
  expect(limitWith({ limit: 5 }).guard.snapshot()).not.toHaveProperty('burst');
});

test('the snapshot of one that is overdrawn shows no permits, and not less than none', () => {
  const { clock, guard } = limitWith({ limit: 3, perMs: 100 });
  for (let i = 0; i < 3; i++) guard.enter!(openCall(clock));
  guard.resize({ limit: 1 });
  expect(guard.snapshot().permits).toBe(0);
});

test('who waits is as old as its wait, whatever the time', async () => {
  const { clock, guard } = limitWith({ limit: 1, perMs: 1_000, maxWaitMs: 5_000 });
  await clock.advance(300);
  guard.enter!(openCall(clock));
  void guard.enter!(openCall(clock));
  await clock.advance(50);
  expect(guard.snapshot().oldestWaitMs).toBe(50);
});

test('a newcomer lets one alone in line pass first, whose turn has come, and passes behind it', () => {
  const { clock, guard } = limitWith({ limit: 1, perMs: 100, burst: 2, maxWaitMs: 1_000 });
  for (let i = 0; i < 2; i++) guard.enter!(openCall(clock));
  expect(guard.enter!(openCall(clock))).toBeInstanceOf(Promise);
  clock.stall(250); // the alarm is late
  expect(guard.enter!(openCall(clock))).toBeUndefined();
  expect(guard.snapshot()).toMatchObject({ queued: 0, admitted: 4 });
});

test.for<[options: unknown, words: string]>([
  [{ limit: 0 }, 'rateLimit: option limit'],
  [{}, 'limit must be a whole number of at least 1'],
  [{ limit: 5, weight: 2 }, '(call) => whole number of at least 1'],
  [{ limit: 5, drainOn: 2 }, '(outcome) => boolean | milliseconds'],
  [{ limit: 5, queue: 1 }, 'queue must be absent or 0 while maxWaitMs is 0: nobody waits'],
])('refuses %o in words', ([options, words]) => {
  expect(() => rateLimit(options as RateLimitOptions)).toThrow(words);
});

test('no queue is in order where nobody waits', () => {
  expect(() => rateLimit({ limit: 5, queue: 0 })).not.toThrow();
});

test('of a call that weighs too much it says what it might weigh', () => {
  const { clock, guard } = limitWith({ limit: 9, burst: 3, weight: () => 4 });
  expect(() => guard.enter!(openCall(clock))).toThrow('weight must be a function that gives a whole number from 1 to 3, got 4');
});

describe('when a refused newcomer would have its turn, heavy calls ahead of it, is told anew', () => {
  const weight: RateLimitOptions['weight'] = ({ attributes }) => attributes['weight'] as number;

  interface Line {
    clock: VirtualClock;
    guard: RateLimit;
    enter(permits: number, signal?: AbortSignal): void;
    retryAfterMs(): number;
  }

  function lineWith(options: Partial<RateLimitOptions> = {}): Line {
    const limits = { limit: 3, perMs: 100, maxWaitMs: 10_000, queue: 3, weight };
    const { clock, guard } = limitWith({ ...limits, ...options });
    const enter = (permits: number, signal?: AbortSignal): void => {
      const waits = guard.enter!(openCall(clock, { attributes: { weight: permits }, ...(signal && { signal }) }));
      (waits as Promise<void> | undefined)?.catch(() => {});
    };
    return {
      clock,
      guard,
      enter,
      retryAfterMs() {
        try {
          enter(1);
        } catch (error) {
          return (error as { retryAfterMs: number }).retryAfterMs;
        }
        return expect.fail('it was not refused');
      },
    };
  }

  function threeInLine(options?: Partial<RateLimitOptions>): Line {
    const line = lineWith(options);
    for (const permits of [3, 2, 2, 3]) line.enter(permits);
    expect(line.retryAfterMs()).toBe(400);
    expect(line.retryAfterMs()).toBe(400);
    return line;
  }

  test('after a drain', () => {
    const { clock, guard, retryAfterMs } = threeInLine({ drainOn: () => 1_000 });
    clock.stall(50);
    void guard.exit!(openCall(clock), Outcome.returned('slow down'), undefined);
    expect(retryAfterMs()).toBe(1_300);
  });

  test('after a resize', () => {
    const { clock, guard, retryAfterMs } = threeInLine();
    clock.stall(50);
    guard.resize({ perMs: 200 });
    expect(retryAfterMs()).toBe(750);
  });

  test('after one ahead of it has left', () => {
    const caller = new AbortController();
    const { clock, enter, retryAfterMs } = lineWith();
    for (const permits of [3, 2]) enter(permits);
    enter(2, caller.signal);
    enter(3);
    expect(retryAfterMs()).toBe(400);
    clock.stall(50);
    caller.abort('gone');
    enter(1);
    expect(retryAfterMs()).toBe(250);
  });

  test('after permits were given back by one that was admitted and cancelled in the same turn', () => {
    const caller = new AbortController();
    const { clock, enter, retryAfterMs } = lineWith();
    enter(1);
    clock.stall(50);
    enter(2);
    enter(1, caller.signal);
    enter(3);
    enter(3);
    clock.stall(50);
    enter(3); // the alarm is late: this one lets the first in line pass
    expect(retryAfterMs()).toBe(400);
    caller.abort('gone');
    expect(retryAfterMs()).toBe(350);
  });
});

test('what is left of a window, when most of it is forgotten, comes back at its own time', () => {
  const window = windowOf(4, 100);
  for (const now of [0, 1, 2, 99]) window.take(1, now);
  expect(window.available(150)).toBe(3);
  expect([window.freeAt(4, 150), window.available(198), window.available(199)]).toEqual([199, 3, 4]);
});

test('a turn that a resize puts off beyond the deadline of its call is refused for that', async () => {
  const { clock, guard } = limitWith({ limit: 1, perMs: 100, maxWaitMs: 10_000 });
  guard.enter!(openCall(clock));
  const waits = guard.enter!(openCall(clock, { timeoutMs: 150 })) as Promise<unknown>;
  guard.resize({ perMs: 200 });
  await expect(waits).rejects.toMatchObject({ reason: 'deadline', retryAfterMs: 200 });
});

test('a call that is cancelled once it runs gives back no permit', async () => {
  const caller = new AbortController();
  const { clock, guard } = limitWith({ limit: 1, perMs: 100, maxWaitMs: 1_000 });
  guard.enter!(openCall(clock));
  void guard.enter!(openCall(clock, { signal: caller.signal }));
  await clock.advance(110);
  caller.abort('gone');
  expect(guard.snapshot()).toMatchObject({ admitted: 2, permits: 0 });
});
