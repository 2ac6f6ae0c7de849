import { expect, test } from 'vitest';
import { Alarm } from './clock.ts';
import type { Timer } from './clock.ts';
import { TimerWheel } from './timer-wheel.ts';

function timerDueAt(dueAt: number): Timer {
  const timer = new Alarm(() => {});
  timer.dueAt = dueAt;
  return timer;
}

function expired(wheel: TimerWheel, nowMs: number): number[] {
  const dueAts: number[] = [];
  wheel.advance(nowMs);
  wheel.expire((timer) => dueAts.push(timer.dueAt));
  return dueAts;
}

/** Wakes up at `nextAt`, as its owner does, until something expires. */
function wakeUpsUntilExpiry(wheel: TimerWheel): { wakeUps: number; nowMs: number } {
  for (let wakeUps = 1; ; wakeUps++) {
    const nowMs = wheel.nextAt;
    if (expired(wheel, nowMs).length > 0) return { wakeUps, nowMs };
  }
}

test('a timer expires at the first whole millisecond at or after its time', () => {
  const wheel = new TimerWheel(0);
  wheel.insert(timerDueAt(10.25));
  wheel.insert(timerDueAt(11));
  expect(expired(wheel, 10.99)).toEqual([]);
  expect(wheel.nextAt).toBe(11);
  expect(expired(wheel, 11)).toEqual([10.25, 11]);
  expect(wheel.isEmpty).toBe(true);
  expect(wheel.nextAt).toBe(Number.POSITIVE_INFINITY);
});

test.each([0, 2 ** 30 - 5, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 40, 3e15])('works from any start: %d', (start) => {
  const wheel = new TimerWheel(start);
  const delays = [1, 4, 5, 6, 31, 32, 33, 1_000, 40_000, 2 ** 29, 2 ** 30 + 7, 2 ** 31, 3 * 2 ** 32 + 1];
  for (const delay of delays.toReversed()) wheel.insert(timerDueAt(start + delay));
  for (const delay of delays) {
    expect(expired(wheel, start + delay - 1)).toEqual([]);
    expect(wheel.nextAt).toBeLessThanOrEqual(start + delay);
    expect(expired(wheel, start + delay)).toEqual([start + delay]);
  }
  expect(wheel.isEmpty).toBe(true);
});

test.each([
  [500, 3],
  [30_000, 4],
  [86_400_000, 6],
  [365 * 86_400_000, 6 + 30],
])('a lone timer of %d ms costs at most %d wake-ups', (delay, most) => {
  const wheel = new TimerWheel(123_456.7);
  wheel.insert(timerDueAt(123_456.7 + delay));
  const { wakeUps, nowMs } = wakeUpsUntilExpiry(wheel);
  expect(wakeUps).toBeLessThanOrEqual(most);
  expect(nowMs).toBe(Math.ceil(123_456.7 + delay));
});

test('a jump of ten years costs no more than the timers it passes', () => {
  const wheel = new TimerWheel(0);
  const year = 365 * 86_400_000;
  for (const dueAt of [10 * year + 1, 5 * year, 100, 1]) wheel.insert(timerDueAt(dueAt));
  expect(expired(wheel, 10 * year)).toEqual([1, 100, 5 * year]);
  expect(wheel.nextAt).toBeLessThanOrEqual(10 * year + 1);
  expect(expired(wheel, 10 * year + 1)).toEqual([10 * year + 1]);
});

test('a delay too long to ever come is held and can be removed', () => {
  const wheel = new TimerWheel(0);
  const never = timerDueAt(Number.MAX_VALUE);
  wheel.insert(never);
  expect(expired(wheel, 2 ** 45)).toEqual([]);
  wheel.remove(never);
  expect(wheel.isEmpty).toBe(true);
});

test('what is due in the past is handed out at once, at the next expiry', () => {
  const wheel = new TimerWheel(1_000);
  const late = timerDueAt(5);
  wheel.insert(late);
  expect(wheel.nextAt).toBe(1_000);
  expect(wheel.firstDue).toBe(late);
  expect(expired(wheel, 1_000)).toEqual([5]);
  expect(wheel.firstDue).toBeUndefined();
});

test('timers of the same tick keep the order of insertion, over all levels', () => {
  const wheel = new TimerWheel(0);
  const tick = 5_000;
  const timers: Timer[] = [];
  for (const nowMs of [0, 1_500, 4_200, 4_970, 4_995, 4_999]) {
    wheel.advance(nowMs);
    timers.push(timerDueAt(tick));
    wheel.insert(timers.at(-1)!);
  }
  const order: Timer[] = [];
  wheel.advance(tick);
  wheel.expire((timer) => order.push(timer));
  expect(order).toEqual(timers);
});

test('removing is safe for timers that are due, expired or were never inserted', () => {
  const wheel = new TimerWheel(0);
  const [due, stranger] = [timerDueAt(1), timerDueAt(1)];
  wheel.insert(due);
  wheel.advance(1);
  wheel.remove(due);
  wheel.remove(due);
  wheel.remove(stranger);
  expect(expired(wheel, 2)).toEqual([]);
  expect(wheel.isEmpty).toBe(true);
});

test('while expiring, the next one due can be removed and the same timer inserted again, even due at once', () => {
  const wheel = new TimerWheel(0);
  const [first, second, third] = [timerDueAt(1), timerDueAt(1), timerDueAt(2)];
  for (const timer of [first, second, third]) wheel.insert(timer);
  const order: Timer[] = [];
  wheel.advance(2);
  wheel.expire((timer) => {
    order.push(timer);
    if (timer !== first) return;
    wheel.remove(second);
    wheel.insert(first);
  });
  expect(order).toEqual([first, third]);
  expect(expired(wheel, 2)).toEqual([1]);
});

test('after a throw while expiring the rest is due still', () => {
  const wheel = new TimerWheel(0);
  wheel.insert(timerDueAt(1));
  wheel.insert(timerDueAt(2));
  wheel.advance(2);
  expect(() =>
    wheel.expire(() => {
      throw new Error('broken');
    }),
  ).toThrow('broken');
  expect(wheel.nextAt).toBe(2);
  expect(expired(wheel, 2)).toEqual([2]);
});

test('time does not go back', () => {
  const wheel = new TimerWheel(100);
  wheel.insert(timerDueAt(104));
  wheel.advance(50);
  expect(wheel.nextAt).toBe(104);
  expect(expired(wheel, 60)).toEqual([]);
  expect(expired(wheel, 104)).toEqual([104]);
});

test('a timer far away is moved a few times at most, however often time moves until then', () => {
  const wheel = new TimerWheel(0);
  let moves = 0;
  const far = timerDueAt(60_000);
  let previous: Timer | undefined;
  Object.defineProperty(far, 'previous', {
    get: () => previous,
    set: (timer: Timer | undefined) => {
      previous = timer;
      if (timer !== undefined) moves++;
    },
  });
  for (let dueAt = 50; dueAt < 60_000; dueAt += 50) wheel.insert(timerDueAt(dueAt));
  wheel.insert(far);
  while (!wheel.isEmpty) expired(wheel, wheel.nextAt);
  expect(moves).toBeLessThan(10);
});
