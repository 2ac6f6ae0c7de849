import { describe, expect, test } from 'vitest';
import { seededRandom } from '@holdfast/core/testing';
import { settings } from '../../figures/defaults.ts';
import { distribution, logNormal } from '../../figures/simulation.ts';
import { clientGoCrashMs, clientGoHandOverMs } from '../../figures/simulation/client-go.ts';
import { holdfastGapMs } from '../../figures/simulation/holdfast.ts';
import { Agenda } from '../../sim/agenda.ts';

describe('the model of client-go', () => {
  /** Computed from its loops by others, in seconds: after a crash p50, p99, least; after a release p50, p99. */
  const known: readonly (readonly [number, number, number, number, number, number])[] = [
    [1, 17.3, 21.1, 13.1, 1.6, 4.01],
    [2, 16.5, 19.6, 13.1, 0.94, 3.16],
    [4, 15.8, 18.4, 13.0, 0.51, 2.2],
    [9, 15.3, 17.3, 13.1, 0.24, 1.29],
  ];

  test.each(known)('gives the known figures of %i followers', (followers, p50, p99, min, handOverP50, handOverP99) => {
    const crash = distribution(20_000, (random) => clientGoCrashMs(followers, random));
    const handOver = distribution(20_000, (random) => clientGoHandOverMs(followers, random));

    expect(Math.abs(crash.p50 / 1_000 - p50)).toBeLessThan(0.15);
    expect(Math.abs(crash.p99 / 1_000 - p99)).toBeLessThan(0.15);
    expect(Math.abs(crash.min / 1_000 - min)).toBeLessThan(0.15);
    expect(Math.abs(handOver.p50 / 1_000 - handOverP50)).toBeLessThan(0.03);
    expect(Math.abs(handOver.p99 / 1_000 - handOverP99)).toBeLessThan(0.06);
  });
});

describe('the simulation of holdfast', () => {
  const network = { readMs: () => 4, writeMs: () => 10 };

  test.each([1, 2, 9])('takes over from a crash no sooner than the lease allows, and soon after (%i followers)', (followers) => {
    const { leaseDurationMs, retryPeriodMs } = settings;
    const random = seededRandom(7);
    const gaps = Array.from({ length: 200 }, () => holdfastGapMs('crash', followers, network, random));

    expect(Math.min(...gaps)).toBeGreaterThan(leaseDurationMs - 1.1 * retryPeriodMs - 20);
    expect(Math.max(...gaps)).toBeLessThan(leaseDurationMs + 0.2 * retryPeriodMs + 20);
  });

  test('takes over from a release within the spread and four requests', () => {
    const random = seededRandom(7);
    const gaps = Array.from({ length: 200 }, () => holdfastGapMs('stop', 2, network, random));

    expect(Math.min(...gaps)).toBeGreaterThan(10);
    expect(Math.max(...gaps)).toBeLessThan(0.02 * settings.retryPeriodMs + 10 + 4 + 10);
  });
});

test('request times are drawn through their median and p99', () => {
  const random = seededRandom(3);
  const draw = logNormal(5, 50, random);
  const { p50, p99 } = distribution(50_000, draw);

  expect(p50).toBeCloseTo(5, 0);
  expect(Math.abs(p99 - 50)).toBeLessThan(3);
});

test('an agenda has things happen in the order of their times, and of asking where these are the same', () => {
  const agenda = new Agenda();
  const random = seededRandom(5);
  const happened: (readonly [number, number])[] = [];
  for (let index = 0; index < 500; index++) {
    const ms = Math.floor(random() * 50);
    agenda.at(ms, () => happened.push([ms, index]));
  }
  while (agenda.step());

  expect(happened).toEqual(happened.toSorted(([a, i], [b, j]) => a - b || i - j));
  expect([happened.length, agenda.nowMs]).toEqual([500, 49]);
});
