import { ConfigError } from '@holdfast/core';
import { seededRandom } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { HedgeDelay, readDelay } from './hedge-delay.ts';
import type { AdaptiveDelay } from './hedge-delay.ts';

const delayOf = (options: number | AdaptiveDelay): HedgeDelay => new HedgeDelay(readDelay('hedge', options), 0);

const learn = (delay: HedgeDelay, ages: readonly number[], answered: boolean = true): void => {
  for (const age of ages) delay.learn(age, answered, delay.ms, 0);
};

const times = (count: number, age: number): number[] => Array.from({ length: count }, () => age);

describe('the estimate', () => {
  test('begins with initialMs, by default the longest, until there are enough samples', () => {
    const delay = delayOf({ maxMs: 500, minimumSamples: 48 });
    learn(delay, times(47, 20));
    expect(delay).toMatchObject({ ms: 500, typicalMs: 0, samples: 47 });
    learn(delay, [20]);
    expect(delay.ms).toBeGreaterThan(18);
    expect(delay.ms).toBeLessThan(22);
    expect(delayOf({ initialMs: 70 }).ms).toBe(70);
  });

  test('is the quantile asked for, and the median is the typical latency', () => {
    const delay = delayOf({ quantile: 0.9, minMs: 1, minimumSamples: 100 });
    learn(
      delay,
      Array.from({ length: 1_600 }, (_, index) => 1 + (index % 100)),
    );
    expect(delay.ms / 90).toBeGreaterThan(0.92);
    expect(delay.ms / 90).toBeLessThan(1.09);
    expect(delay.typicalMs / 50).toBeGreaterThan(0.92);
    expect(delay.typicalMs / 50).toBeLessThan(1.09);
  });

  test('stays between minMs and maxMs', () => {
    const delay = delayOf({ minMs: 10, maxMs: 100 });
    learn(delay, times(112, 2));
    expect(delay.ms).toBe(10);
    learn(delay, times(1_120, 3_000));
    expect(delay.ms).toBe(100);
  });

  test('follows when the dependency becomes slower, within a window', () => {
    const delay = delayOf({ windowMs: 1_000 });
    for (let now = 0; now < 1_000; now += 2) delay.learn(20, true, delay.ms, now);
    expect(delay.ms).toBeLessThan(25);
    for (let now = 1_000; now < 2_100; now += 2) delay.learn(200, true, delay.ms, now);
    expect(delay.ms).toBeGreaterThan(180);
  });

  test('stands when there is too little traffic for another', () => {
    const delay = delayOf({ windowMs: 1_000 });
    learn(delay, times(112, 20));
    const learnt = delay.ms;
    for (let now = 10_000; now < 20_000; now += 500) delay.learn(300, true, delay.ms, now);
    expect(delay.ms).toBe(learnt);
  });
});

describe('what an unanswered attempt says', () => {
  test('nothing, if it ended before the delay', () => {
    const delay = delayOf({ initialMs: 100 });
    learn(delay, times(500, 99), false);
    expect(delay.samples).toBe(0);
    learn(delay, [100], false);
    expect(delay.samples).toBe(1);
  });

  test('first attempts that lost to a hedge keep the quantile right, and leaving them out would not', () => {
    // 90 % answer within 100 ms, evenly; the others take 2 s and lose to a hedge 10 ms after the delay.
    const run = (countLosers: boolean): number => {
      const random = seededRandom('losers');
      const delay = delayOf({ quantile: 0.85, minMs: 1, initialMs: 500 });
      let hedged = 0;
      for (let call = 0; call < 20_000; call++) {
        const latencyMs = random() < 0.9 ? 100 * random() : 2_000;
        const lost = latencyMs > delay.ms + 10;
        if (latencyMs > delay.ms) hedged++;
        if (!lost) delay.learn(latencyMs, true, delay.ms, 0);
        else if (countLosers) delay.learn(delay.ms + 10, false, delay.ms, 0);
      }
      return hedged / 20_000;
    };
    expect(run(true)).toBeGreaterThan(0.14);
    expect(run(true)).toBeLessThan(0.16);
    expect(run(false)).toBeGreaterThan(0.2);
  });
});

describe('an update', () => {
  test('keeps what an adaptive delay has learnt', () => {
    const delay = delayOf({ quantile: 0.5 });
    learn(delay, [...times(100, 20), ...times(92, 80)]);
    expect(delay.ms).toBeLessThan(25);
    delay.update(readDelay('hedge', { quantile: 0.95 }), 0);
    expect(delay.ms).toBeGreaterThan(70);
    delay.update(readDelay('hedge', { quantile: 0.95, maxMs: 60, minimumSamples: 10_000 }), 0);
    expect(delay).toMatchObject({ ms: 60, samples: 192 });
  });

  test('to a fixed delay forgets it', () => {
    const delay = delayOf({});
    learn(delay, times(200, 20));
    delay.update(300, 0);
    expect(delay).toMatchObject({ ms: 300, typicalMs: 0, samples: 0 });
    learn(delay, times(200, 20));
    expect(delay.samples).toBe(0);
    delay.update(readDelay('hedge', { initialMs: 40 }), 0);
    expect(delay).toMatchObject({ ms: 40, samples: 0 });
  });
});

test.each([
  [-1, 'delayMs', 'at least 0'],
  [Number.NaN, 'delayMs', 'at least 0'],
  [{ quantile: 0.4 }, 'delayMs.quantile', '0.5'],
  [{ quantile: 1 }, 'delayMs.quantile', '0.999'],
  [{ minMs: 0 }, 'delayMs.minMs', 'above 0'],
  [{ minMs: 50, maxMs: 40 }, 'delayMs.maxMs', 'at least minMs (50)'],
  [{ initialMs: 5 }, 'delayMs.initialMs', 'from minMs (10)'],
  [{ initialMs: 5_000 }, 'delayMs.initialMs', 'maxMs (1000)'],
  [{ minimumSamples: 5 }, 'delayMs.minimumSamples', 'at least 20'],
  [{ quantile: 0.999, minimumSamples: 999 }, 'delayMs.minimumSamples', 'at least 1000'],
  [{ windowMs: 0 }, 'delayMs.windowMs', 'above 0'],
  [{ quantil: 0.9 }, 'delayMs.quantil', 'did you mean quantile?'],
])('refuses %j', (given, option, allowed) => {
  const refused = expect.objectContaining({ option, allowed: expect.stringContaining(allowed) as string });
  expect(() => readDelay('hedge', given as AdaptiveDelay)).toThrow(refused as ConfigError);
});
