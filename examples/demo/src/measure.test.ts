import { expect, test } from 'vitest';
import { figuresOf, held, percentile, recoveredAfter } from './measure.ts';
import type { Answer, Recording } from './model.ts';

const schedule = { healthyMs: 1_000, outageMs: 2_000, recoveryMs: 4_000 };

/** Ten orders a second over the whole run, each answered as `answer` says. */
function orders(answer: (sentMs: number) => Partial<Answer>): Answer[] {
  return Array.from({ length: 70 }, (_, i) => {
    const sentMs = i * 100;
    return { sentMs, latencyMs: 50, outcome: 'paid', ...answer(sentMs) };
  });
}

function recording(answers: Answer[]): Recording {
  return { variant: 'bare', schedule, ratePerSecond: 10, answers, orders: [], payments: [] };
}

test('takes percentiles by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([1, 2, 3], 0.5)).toBe(2);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('counts the orders of the outage answered within a second, pending ones included, failed and late ones not', () => {
  const outcomes = ['paid', 'pending', 'failed', 'waiting'] as const;
  const answers = orders((sentMs) => ({
    outcome: outcomes[(sentMs / 100) % 4]!,
    latencyMs: sentMs >= 2_000 ? 1_001 : 1_000, // the second half of the outage is late
  }));

  const figures = figuresOf(recording(answers));

  expect(figures.offeredPerSecond).toBe(10);
  expect(figures.inTimeRatio).toBe(4 / 20); // 1.2 s and 1.6 s paid, 1.3 s and 1.7 s pending
  expect(figures.inTimePerSecond).toBe(2);
});

test('takes peaks from the run, not from the warm-up before it', () => {
  const readings = [-100, 500, 1_500].map((atMs, i) => ({
    atMs,
    gauge: { inFlight: [90, 10, 40][i]!, rssBytes: [900, 100, 400][i]!, pending: [0, 0, 3][i]! },
  }));

  const figures = figuresOf({ ...recording(orders(() => ({}))), orders: readings });

  expect(figures).toMatchObject({ peakInFlight: 40, peakRssBytes: 400, pendingAtEnd: 3 });
});

test('is healthy again from the half second on in which nearly everything is paid in time', () => {
  const answers = orders((sentMs) => (sentMs >= 1_000 && sentMs < 4_300 ? { outcome: 'pending' } : {}));

  expect(recoveredAfter(answers, schedule)).toBe(1_500);
});

test('has recovered at once when no order after the repair was late or unpaid', () => {
  expect(
    recoveredAfter(
      orders(() => ({})),
      schedule,
    ),
  ).toBe(0);
});

test('has not recovered when orders still fail shortly before the end', () => {
  const answers = orders((sentMs) => (sentMs > 6_000 && sentMs < 6_200 ? { outcome: 'failed' } : {}));

  expect(recoveredAfter(answers, schedule)).toBeNull();
});

test('held means 99 % of the outage in time and recovery within the run', () => {
  const good = figuresOf(recording(orders(() => ({}))));

  expect(held(good)).toBe(true);
  expect(held({ ...good, inTimeRatio: 0.98 })).toBe(false);
  expect(held({ ...good, recoveredAfterMs: null })).toBe(false);
});
