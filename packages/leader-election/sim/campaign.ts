import { addTo } from './coverage.ts';
import { generate } from './generate.ts';
import { simulate } from './simulate.ts';
import type { Rule } from './violation.ts';
import type { Counts, ElectorClass } from './world.ts';

export interface Finding {
  readonly seed: number;
  readonly rule: Rule;
  readonly message: string;
}

export interface Result {
  readonly runs: number;
  readonly counts: Counts;
  readonly findings: readonly Finding[];
}

/**
 * Runs the seeds from `from` to `to`, the last one not included; no further than to the `most`th violation.
 * @param than an elector to compare with: only what this one does not break as well counts.
 */
export function runSeeds(from: number, to: number, ElectorClass: ElectorClass, most: number, than?: ElectorClass): Result {
  const counts: Counts = new Map();
  const findings: Finding[] = [];
  let seed = from;
  for (; seed < to && findings.length < most; seed++) {
    const outcome = simulate(generate(seed), ElectorClass);
    addTo(counts, outcome.counts);
    const { violation } = outcome;
    if (violation === undefined || (than !== undefined && simulate(generate(seed), than).violation !== undefined)) continue;
    findings.push({ seed, rule: violation.rule, message: violation.message });
  }
  return { runs: seed - from, counts, findings };
}
