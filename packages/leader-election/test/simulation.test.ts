import { expect, test } from 'vitest';
import { runSeeds } from '../sim/campaign.ts';
import { gaps } from '../sim/coverage.ts';
import { generate } from '../sim/generate.ts';
import { traceText } from '../sim/report.ts';
import { demandsExclusion } from '../sim/judge-standing.ts';
import { Elector } from '../src/elector/elector.ts';

/** `pnpm sim:election` runs more. */
const RUNS = 2_000;

test(`breaks no rule in ${RUNS} simulated elections, and comes to everything that can happen`, { timeout: 120_000 }, () => {
  const { runs, counts, findings } = runSeeds(1, 1 + RUNS, Elector, 10);

  expect(findings).toEqual([]);
  expect(runs).toBe(RUNS);
  expect(gaps(counts, runs)).toEqual([]);
});

test('a seed makes the same run every time, and another seed another', () => {
  const [first, again, other] = [traceText(11, Elector), traceText(11, Elector), traceText(12, Elector)];

  expect(again.text).toBe(first.text);
  expect([...again.outcome.counts]).toEqual([...first.outcome.counts]);
  expect(first.text.split('\n').length).toBeGreaterThan(50);
  expect(other.text).not.toBe(first.text);
});

test('asks for one leader at a time in most runs, and not where clocks deceive their machines', () => {
  const scenarios = Array.from({ length: 1_000 }, (_, seed) => generate(seed));
  const demanded = scenarios.filter(demandsExclusion).length;

  expect(demanded).toBeGreaterThan(600);
  expect(demanded).toBeLessThan(990);
});
