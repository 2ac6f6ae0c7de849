import { Outcome } from '@holdfast/core';
import { seededRandom } from '@holdfast/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, decorrelatedJitter, equalJitter, exponential, fullJitter, linear } from './backoff.ts';
import type { Backoff } from './backoff.ts';

const outcome = Outcome.thrown(new Error('down'));
const low = (): number => 0;
const high = (): number => 1 - 2 ** -32;

/** The waits after attempts 1, 2, 3, …, each knowing the one before, as in one call. */
function waits(backoff: Backoff, attempts: number, random: () => number = low): number[] {
  let previousMs = 0;
  return Array.from({ length: attempts }, (_, index) => (previousMs = backoff(index + 1, { previousMs, outcome, random })));
}

describe('without jitter', () => {
  test('constant waits the same at every attempt, zero included', () => {
    expect(waits(constant(70), 3)).toEqual([70, 70, 70]);
    expect(waits(constant(0), 2)).toEqual([0, 0]);
  });

  test('linear grows by its base up to the cap', () => {
    expect(waits(linear({ baseMs: 100, capMs: 250 }), 4)).toEqual([100, 200, 250, 250]);
  });

  test('exponential grows by its factor up to the cap', () => {
    expect(waits(exponential({ baseMs: 100, capMs: 1_000 }), 5)).toEqual([100, 200, 400, 800, 1_000]);
    expect(waits(exponential({ baseMs: 100, capMs: 1_000, factor: 3 }), 4)).toEqual([100, 300, 900, 1_000]);
    expect(waits(exponential({ baseMs: 100, capMs: 1_000, factor: 1 }), 3)).toEqual([100, 100, 100]);
  });
});

describe('with jitter', () => {
  test('full jitter is a share of the exponential ceiling', () => {
    expect(waits(fullJitter({ baseMs: 100, capMs: 1_000, factor: 3 }), 4, () => 0.5)).toEqual([50, 150, 450, 500]);
    expect(waits(fullJitter(), 9, () => 0.5)).toEqual([25, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500]);
  });

  test('equal jitter is half the exponential ceiling and a share of the other half', () => {
    expect(waits(equalJitter({ baseMs: 100, capMs: 1_000, factor: 3 }), 4, low)).toEqual([50, 150, 450, 500]);
    expect(waits(equalJitter({ baseMs: 100, capMs: 1_000, factor: 3 }), 4, () => 0.5)).toEqual([75, 225, 675, 750]);
  });

  test('decorrelated jitter grows with the wait before, by its factor', () => {
    expect(waits(decorrelatedJitter({ baseMs: 100, capMs: 10_000 }), 4, () => 0.5)).toEqual([200, 350, 575, 912.5]);
    expect(waits(decorrelatedJitter({ baseMs: 100, capMs: 10_000, factor: 5 }), 3, () => 0.5)).toEqual([300, 800, 2_050]);
    expect(waits(decorrelatedJitter({ baseMs: 100, capMs: 10_000 }), 3, low)).toEqual([100, 100, 100]);
  });
});

const growth = fc
  .record({
    baseMs: fc.double({ min: 0.001, max: 1e9, noNaN: true }),
    capFactor: fc.double({ min: 1, max: 1e6, noNaN: true }),
    factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
  })
  .map(({ baseMs, capFactor, factor }) => ({ baseMs, capMs: baseMs * capFactor, factor }));
const anyRandom = fc.oneof(fc.constant(low), fc.constant(high), fc.integer().map(seededRandom));

test('T23: every wait of every backoff lies in its bounds, up to attempt 5 000', () => {
  fc.assert(
    fc.property(
      growth,
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      anyRandom,
      (g, attempt, past, random) => {
        const { baseMs, capMs, factor } = g;
        const previousMs = past * capMs;
        const ceiling = Math.min(capMs, baseMs * factor ** (attempt - 1));
        const slack = 1 + 1e-12;
        const at = (backoff: Backoff): number => backoff(attempt, { previousMs, outcome, random });
        const bounds: [Backoff, number, number][] = [
          [constant(baseMs), baseMs, baseMs],
          [linear({ baseMs, capMs }), Math.min(capMs, baseMs * attempt), Math.min(capMs, baseMs * attempt)],
          [exponential(g), ceiling, ceiling],
          [fullJitter(g), 0, ceiling],
          [equalJitter(g), ceiling / 2, ceiling],
          [decorrelatedJitter(g), baseMs, Math.min(capMs, Math.max(baseMs, previousMs) * factor)],
        ];
        for (const [backoff, from, to] of bounds) {
          expect(at(backoff)).toBeGreaterThanOrEqual(from / slack);
          expect(at(backoff)).toBeLessThanOrEqual(to * slack);
        }
      },
    ),
  );
});

test('T23: attempt 5 000 of every backoff is the cap or a random share of it, never NaN', () => {
  const g = { baseMs: 128, capMs: 30_000 };
  expect(waits(exponential(g), 5_000).at(-1)).toBe(30_000);
  expect(waits(linear(g), 5_000).at(-1)).toBe(30_000);
  for (const jittered of [fullJitter(g), equalJitter(g), decorrelatedJitter(g)]) {
    const late = waits(jittered, 5_000, seededRandom(1)).slice(-100);
    expect(late.every((ms) => ms >= 0 && ms <= 30_000)).toBe(true);
    expect(new Set(late).size).toBe(100);
  }
});

/** Chi-square of `samples` over ten equal parts of the range; above 27.9 with a chance of 0.1 %. */
function chiSquare(samples: readonly number[], from: number, to: number): number {
  const counts = new Array<number>(10).fill(0);
  for (const sample of samples) counts[Math.min(9, Math.floor(((sample - from) / (to - from)) * 10))]!++;
  const expected = samples.length / 10;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

test.each([
  ['fullJitter below the cap', fullJitter({ baseMs: 100, capMs: 10_000 }), 3, 0, 0, 400],
  ['fullJitter at the cap', fullJitter({ baseMs: 100, capMs: 1_000 }), 50, 0, 0, 1_000],
  ['equalJitter below the cap', equalJitter({ baseMs: 100, capMs: 10_000 }), 3, 0, 200, 400],
  ['equalJitter at the cap', equalJitter({ baseMs: 100, capMs: 1_000 }), 50, 0, 500, 1_000],
  ['decorrelatedJitter below the cap', decorrelatedJitter({ baseMs: 100, capMs: 10_000 }), 2, 300, 100, 900],
  ['decorrelatedJitter at the cap', decorrelatedJitter({ baseMs: 100, capMs: 1_000 }), 50, 1_000, 100, 1_000],
] as const)('T23: %s is spread evenly', (_name, backoff, attempt, previousMs, from, to) => {
  const random = seededRandom(7);
  const samples = Array.from({ length: 10_000 }, () => backoff(attempt, { previousMs, outcome, random }));
  expect(chiSquare(samples, from, to)).toBeLessThan(27.9);
});

test.each([
  ['constant', () => constant(-1)],
  ['constant', () => constant(Number.POSITIVE_INFINITY)],
  ['linear', () => linear({ baseMs: 0 })],
  ['linear', () => linear({ factor: 2 } as object)],
  ['exponential', () => exponential({ factor: 0.5 })],
  ['fullJitter', () => fullJitter({ baseMs: 10_000 })],
  ['equalJitter', () => equalJitter({ baseMs: 100, capMs: 99 })],
  ['decorrelatedJitter', () => decorrelatedJitter({ capMs: Number.NaN })],
])('%s refuses what cannot work', (policy, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy }));
});

test.each([
  ['constant', constant(70)],
  ['linear', linear({ baseMs: 10, capMs: 95 })],
  ['exponential', exponential({ baseMs: 10, capMs: 2_000 })],
  ['fullJitter', fullJitter({ baseMs: 10, capMs: 2_000, factor: 3 })],
  ['equalJitter', equalJitter({ baseMs: 10, capMs: 2_000 })],
])('%s tells the longest it may answer', (_name, backoff) => {
  const random = (): number => 1 - 2 ** -32;
  for (const attempt of [1, 2, 3, 7, 50, 5_000]) {
    const waitMs = backoff(attempt, { previousMs: 0, outcome: Outcome.thrown(new Error('down')), random });
    const longestMs = backoff.longestMs!(attempt);
    expect(waitMs).toBeLessThanOrEqual(longestMs);
    expect(waitMs).toBeGreaterThan(longestMs * 0.99);
  }
});
