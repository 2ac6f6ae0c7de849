// What is known of the tests of a file after the survey.
import { basename } from 'node:path';
import type { Report } from './job.ts';

export interface Test {
  readonly name: string;
  /** How long it takes with no mutant on, in milliseconds. */
  readonly ms: number;
  /** The mutants it reaches. */
  readonly reached: ReadonlySet<number>;
  /** It passes again in the same process. One that does not needs everything loaded anew. */
  repeatable: boolean;
}

export interface TestFile {
  readonly path: string;
  /** The quick ones first. */
  readonly tests: readonly Test[];
  /** Mutants that need everything loaded anew: they are reached while it is loaded, or else only once in a process. */
  readonly anew: Set<number>;
}

/** @returns the tests that can be used, and the names of those that fail with no mutant on */
export function gather(path: string, reports: readonly Report[]): { file: TestFile; failing: ReadonlySet<string> } {
  const tests = new Map<string, Test>();
  const failing = new Set<string>();
  const anew = new Set<number>();
  for (const report of reports) {
    if (report.kind === 'loaded') for (const mutant of report.reached) anew.add(mutant);
    if (report.kind !== 'test') continue;
    tests.set(report.test, together(tests.get(report.test), report));
    if (report.run === 1 && !report.passed) failing.add(report.test);
  }
  const usable = [...tests.values()].filter(({ name }) => !failing.has(name));
  return { file: { path, tests: usable.toSorted((a, b) => a.ms - b.ms), anew }, failing };
}

/** A survey speaks of a test several times: it runs it twice, and tests of a table may share a name. */
function together(before: Test | undefined, { test: name, ms, reached, passed }: Report & { kind: 'test' }): Test {
  return {
    name,
    ms: Math.max(ms, before?.ms ?? 0),
    reached: new Set([...reached, ...(before?.reached ?? [])]),
    repeatable: passed && (before?.repeatable ?? true),
  };
}

export const totalMs = ({ tests }: TestFile): number => tests.reduce((sum, { ms }) => sum + ms, 0);

export const nameOf = (path: string, test: string): string => `${basename(path)}: ${test}`;
