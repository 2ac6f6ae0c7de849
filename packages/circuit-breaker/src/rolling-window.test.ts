import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollingWindow } from './rolling-window.ts';
import type { RanKind } from './tally.ts';

const countsOf = ({ calls, failures, slow }: RollingWindow): number[] => [calls, failures, slow];

test('counts each call once, by its kind', () => {
  const window = new RollingWindow(1_000, 0);
  for (const kind of ['success', 'failure', 'slow', 'failure'] as const) window.add(kind, 0);
  expect(countsOf(window)).toEqual([4, 2, 1]);
});

test('forgets a call with its slice: not before nine tenths of the window, and at the latest after all of it', () => {
  const window = new RollingWindow(1_000, 0);
  window.add('failure', 0);
  window.add('failure', 99);
  window.add('success', 100);
  window.expire(999);
  expect(countsOf(window)).toEqual([3, 2, 0]);
  window.expire(1_000);
  expect(countsOf(window)).toEqual([1, 0, 0]);
  window.expire(1_100);
  expect(countsOf(window)).toEqual([0, 0, 0]);
});

test('is empty when read after any idle time, without having been written meanwhile (T12)', () => {
  for (const idleMs of [1_000, 1_001, 5_000, 300_000, 1e12]) {
    const window = new RollingWindow(1_000, 0);
    for (let call = 0; call < 50; call++) window.add('failure', call);
    window.expire(idleMs + 99);
    expect(countsOf(window)).toEqual([0, 0, 0]);
  }
});

test('takes an earlier time than the last one for the last one', () => {
  const window = new RollingWindow(1_000, 0);
  window.add('success', 550);
  window.add('failure', 449);
  window.expire(1_499);
  expect(countsOf(window)).toEqual([2, 1, 0]);
  window.expire(1_500);
  expect(countsOf(window)).toEqual([0, 0, 0]);
});

test('may begin at any time, a negative one too', () => {
  const window = new RollingWindow(1_000, -5_050);
  window.add('failure', -5_050);
  window.expire(-4_101);
  expect(window.calls).toBe(1);
  window.expire(-4_100);
  expect(window.calls).toBe(0);
});

test('its slices, restored into another window at another time, live no longer than they would have', () => {
  const window = new RollingWindow(1_000, 0);
  window.add('failure', 50);
  window.add('slow', 650);
  const slices = window.slices(700);
  expect(slices).toEqual([
    { ageMs: 100, calls: 1, failures: 0, slow: 1 },
    { ageMs: 700, calls: 1, failures: 1, slow: 0 },
  ]);
  const other = new RollingWindow(1_000, 90_000);
  other.restore(slices, 90_000);
  expect(countsOf(other)).toEqual([2, 1, 1]);
  other.expire(90_299);
  expect(countsOf(other)).toEqual([2, 1, 1]);
  other.expire(90_300);
  expect(countsOf(other)).toEqual([1, 0, 1]);
});

test('slices older than the window are not restored', () => {
  const window = new RollingWindow(1_000, 0);
  window.restore([{ ageMs: 1_000, calls: 9, failures: 9, slow: 0 }], 20_000);
  expect(countsOf(window)).toEqual([0, 0, 0]);
});

test('its counts are those of a brute-force recount, at any time and for any window', () => {
  const step = fc.record({
    passMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 30_000 })),
    kind: fc.constantFrom<RanKind | 'read'>('success', 'slow', 'failure', 'read'),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(step, { maxLength: 60 }), (durationMs, steps) => {
      const window = new RollingWindow(durationMs, 7);
      const log: { at: number; kind: RanKind }[] = [];
      const sliceAt = (at: number): number => Math.floor(at / (durationMs / 10));
      let now = 7;
      for (const { passMs, kind } of steps) {
        now += passMs;
        if (kind === 'read') window.expire(now);
        else {
          log.push({ at: now, kind });
          window.add(kind, now);
        }
        const inside = log.filter(({ at }) => sliceAt(at) > sliceAt(now) - 10);
        const of = (wanted: RanKind): number => inside.filter((call) => call.kind === wanted).length;
        expect(countsOf(window)).toEqual([inside.length, of('failure'), of('slow')]);
        const slices = window.slices(now);
        expect(slices.reduce((sum, { calls }) => sum + calls, 0)).toBe(inside.length);
      }
    }),
    { numRuns: 1_000 },
  );
});
