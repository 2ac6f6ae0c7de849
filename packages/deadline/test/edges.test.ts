// Fractions of a millisecond, the first use, and what errors are called.
import type { Clock, GuardCall } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { currentCall, withCall } from '../src/ambient.ts';
import { deadline } from '../src/deadline.ts';
import { TimeoutError } from '../src/timeout-error.ts';
import { timeout } from '../src/timeout.ts';

/** What a guard sees of a call that must end at some time, and the limits it is given. */
function callUntil(end: number): { call: GuardCall; limits: number[] } {
  const limits: number[] = [];
  const call = { deadline: end, limit: (ms: number) => void limits.push(ms) } as unknown as GuardCall;
  return { call, limits };
}

test('without any call so far there is none, and a function without one gives what it gives', () => {
  expect(currentCall()).toBeUndefined();
  expect(withCall(undefined, () => 'answer')).toBe('answer');
  expect(withCall(undefined, () => currentCall())).toBeUndefined();
});

test('half a millisecond is enough to begin with', () => {
  const clock = new VirtualClock({ startMs: 9.5 });
  const { call, limits } = callUntil(10);
  deadline({ ms: 100, clock }).enter!(call);
  expect(limits).toEqual([100]);
});

test('of a time that is over nothing is left, and not less', () => {
  const clock = new VirtualClock({ startMs: 10.5 });
  const { call } = callUntil(10);
  expect(() => deadline({ ms: 100, clock }).enter!(call)).toThrow(expect.objectContaining({ timeoutMs: 0 }));
});

test('a call that has no deadline yet costs no look at the clock', () => {
  const clock = new Proxy({} as Clock, {
    get: (_, method) => (method === 'constructor' ? Object : (): never => expect.fail('the clock was read')),
    has: () => true,
  });
  const { call, limits } = callUntil(Number.POSITIVE_INFINITY);
  deadline({ ms: 100, clock }).enter!(call);
  expect(limits).toEqual([100]);
});

test('a time-out may be shorter than a millisecond, computed or not', () => {
  const clock = new VirtualClock();
  const { call, limits } = callUntil(Number.POSITIVE_INFINITY);
  timeout({ ms: 0.5, clock }).enter!(call);
  timeout({ ms: () => 0.25, clock }).enter!(call);
  expect(limits).toEqual([0.5, 0.25]);
});

test('a computed time-out that is used up is one of no length', () => {
  const { call } = callUntil(Number.POSITIVE_INFINITY);
  for (const ms of [0, -5]) {
    expect(() => timeout({ ms: () => ms, clock: new VirtualClock() }).enter!(call)).toThrow(
      expect.objectContaining({ timeoutMs: 0 }),
    );
  }
});

test('errors of options say whose they are', () => {
  expect(() => deadline({ ms: -1 })).toThrow('deadline: option ms');
  expect(() => timeout({ ms: -1 })).toThrow('timeout: option ms');
});

test('a refusal says in words how much time was left, and how much would have been enough', () => {
  const clock = new VirtualClock({ startMs: 4.6 });
  const { call } = callUntil(10);
  expect(() => deadline({ ms: 100, minimumMs: 20, clock }).enter!(call)).toThrow(
    'deadline: not begun with 5 ms left, which is less than 20',
  );
  expect(() => deadline({ ms: 100, clock: new VirtualClock({ startMs: 10 }) }).enter!(call)).toThrow('deadline: no time is left');
});

test('a time-out says in words how long it was, a part of a millisecond as a whole one', () => {
  expect(new TimeoutError('db', 0.5).message).toBe('db: no answer within 1 ms');
  expect(new TimeoutError('db', 0).message).toBe('db: no time was left, so it was not begun');
});
