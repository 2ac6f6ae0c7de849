import { expect, test } from 'vitest';
import type { Report } from './job.ts';
import { Warm } from './warm.ts';

/** Plays one test against a job. `passes` says how a run goes, by the mutant that is on, 0 for none, and the runs before. */
function play(mutants: number[], passes: (active: number, before: number[]) => boolean): Report[] {
  const reports: Report[] = [];
  const warm = new Warm({ kind: 'warm', rounds: 1, tests: { a: { mutants, limitMs: 10 } } }, (report) => reports.push(report));
  const runs: number[] = [];
  for (let left = warm.runs('1 > a'); left > 0; left--) {
    const begun = reports.length;
    if (warm.begin('1 > a') === undefined) break;
    const last = reports[begun];
    const active = last?.kind === 'begun' ? last.mutant : 0;
    warm.end('1 > a', { passed: passes(active, runs), late: false, ms: 1 });
    runs.push(active);
  }
  return reports.filter(({ kind }) => kind !== 'begun');
}
const name = 'a';

test('kills the mutants a test fails with', () => {
  const reports = play([1, 2, 3], (active) => active !== 2);
  expect(reports).toEqual([
    { kind: 'passed', mutant: 1, test: name, hit: false },
    { kind: 'killed', mutant: 2, late: false },
    { kind: 'passed', mutant: 3, test: name, hit: false },
  ]);
});

test('does not blame a mutant for what the one before has left behind', () => {
  // given the first passes, and everything fails after it
  const reports = play([1, 2], (_active, before) => !before.includes(1));
  expect(reports).toEqual([
    { kind: 'passed', mutant: 1, test: name, hit: false },
    { kind: 'spoilt', test: name, fresh: false },
  ]);
});

test('blames a mutant that fails at once, whatever it leaves behind', () => {
  const reports = play([1, 2], (active, before) => active !== 1 && !before.includes(1));
  expect(reports).toEqual([
    { kind: 'killed', mutant: 1, late: false },
    { kind: 'spoilt', test: name, fresh: false },
  ]);
});

test('uses no test that fails with no mutant on', () => {
  expect(play([1], () => false)).toEqual([{ kind: 'spoilt', test: name, fresh: true }]);
});

test('leaves out tests the job does not name', () => {
  expect(new Warm({ kind: 'warm', rounds: 1, tests: {} }, () => {}).runs('1 > constructor')).toBe(0);
});

test('goes on with the next copy of the file where one is spoilt', () => {
  const reports: Report[] = [];
  const job = { kind: 'warm', rounds: 2, tests: { a: { mutants: [1, 2], limitMs: 10 } } } as const;
  const warm = new Warm(job, (report) => reports.push(report));
  const run = (name: string, passed: boolean): void => {
    expect(warm.begin(name)).toBe(10);
    warm.end(name, { passed, late: false, ms: 1 });
  };
  expect(warm.runs('1 > a')).toBeGreaterThan(0);
  run('1 > a', true);
  run('1 > a', false); // with the first mutant
  run('1 > a', false); // and without it, too
  expect(warm.begin('1 > a')).toBeUndefined();
  expect(warm.runs('1 > b')).toBe(0);
  expect(warm.runs('2 > a')).toBeGreaterThan(0);
  run('2 > a', true);
  run('2 > a', true); // with the second
  expect(reports.map(({ kind }) => kind)).toEqual(['begun', 'killed', 'spoilt', 'begun', 'passed']);
});
