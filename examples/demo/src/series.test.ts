import { expect, test } from 'vitest';
import type { Answer, Recording } from './model.ts';
import { rateOf, seriesOf } from './series.ts';

const schedule = { healthyMs: 1_000, outageMs: 1_000, recoveryMs: 1_000 };

function recording(latencyMs: (sentMs: number) => number): Recording {
  const answers = Array.from({ length: 60 }, (_, i): Answer => {
    const sentMs = i * 50;
    return { sentMs, latencyMs: latencyMs(sentMs), outcome: 'paid' };
  });
  return { variant: 'bare', schedule, ratePerSecond: 20, answers, orders: [], payments: [] };
}

test('shows a steady rate as a level line, up to both ends of the run', () => {
  const { offered, inTime } = seriesOf(recording(() => 40));

  expect(offered.map(({ x }) => x)).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1.25, 1.5, 1.75, 2, 2, 2.25, 2.5, 2.75, 3]);
  expect(new Set(offered.map(({ y }) => y))).toEqual(new Set([20]));
  expect(inTime).toEqual(offered);
});

test('drops to nothing where every order is late, and not before', () => {
  const { inTime, p99 } = seriesOf(recording((sentMs) => (sentMs < 1_000 ? 40 : 5_000)));

  expect(inTime.slice(3, 7)).toEqual([
    { x: 0.75, y: 20 },
    { x: 1, y: 20 },
    { x: 1, y: 0 },
    { x: 1.25, y: 0 },
  ]);
  expect(p99.slice(3, 7).map(({ y }) => y)).toEqual([40, 40, 5_000, 5_000]);
});

test('turns a counter into a rate, at the middle of the stretch it is taken over', () => {
  const readings = [0, 0, 0, 25, 50].map((gauge, i) => ({ atMs: i * 250, gauge }));

  expect(rateOf(readings)).toEqual([
    { x: 0.25, y: 0 },
    { x: 0.5, y: 50 },
    { x: 0.75, y: 100 },
  ]);
});
