// What is left of a run: a summary of each package as JSON, and docs/mutation.md made of these.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AcceptedMutants } from './accepted.ts';
import { isDead, type Verdict } from './mutant.ts';

export interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The text of the line: what an accepted mutant is found by. */
  readonly context: string;
  readonly original: string;
  readonly replacement: string;
  /** No test reaches it. */
  readonly uncovered: boolean;
  /** Why it may live, if that has been thought about. */
  readonly reason: string | undefined;
}

export interface Summary {
  readonly name: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survivors: readonly Survivor[];
}

export function summarize(name: string, verdicts: readonly Verdict[], accepted: AcceptedMutants): Summary {
  const living = verdicts.filter(({ fate }) => !isDead(fate));
  const survivors = living.map(({ mutant, fate }): Survivor => {
    const { file, line, context, original, replacement } = mutant;
    return { file, line, context, original, replacement, uncovered: fate === 'uncovered', reason: accepted.reasonFor(mutant) };
  });
  return { name, mutants: verdicts.length, killed: verdicts.length - living.length, survivors };
}

/** Share of the mutants that are killed, those with a reason to live among the others. */
export const scoreOf = ({ mutants, killed }: Summary): number => (mutants === 0 ? 1 : killed / mutants);

export const percent = (ratio: number): string => `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`;

const pathOf = (root: string, name: string): string => join(root, 'reports/mutation', `${name}.json`);

export function save(root: string, summary: Summary): void {
  const path = pathOf(root, summary.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(summary, undefined, 2)}\n`);
}

/** Whether the package has been run as a whole. */
export const isSaved = (root: string, name: string): boolean => existsSync(pathOf(root, name));

/** @throws {Error} when the package has not been run as a whole. */
export const load = (root: string, name: string): Summary => JSON.parse(readFileSync(pathOf(root, name), 'utf8')) as Summary;

const code = (text: string): string =>
  `<code>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '&#124;')}</code>`;

function table(summary: Summary): string {
  const reasons = Map.groupBy(summary.survivors, ({ file, reason }) => `${file}\0${reason ?? ''}`);
  const rows = [...reasons.values()].map((same) => {
    const first = same[0]!; // a group has a member
    const changes = same.map(({ line, original, replacement }) => `${line}: ${code(original)} → ${code(replacement)}`);
    return `| ${first.file.replace(/^packages\/[^/]+\/src\//, '')} | ${changes.join('<br>')} | ${first.reason ?? '**none yet**'} |`;
  });
  return [`## ${summary.name}`, '', '| file | line: change | why it lives |', '|---|---|---|', ...rows, ''].join('\n');
}

/** The page for docs/. The same run makes the same page: it holds no times. */
export function page(summaries: readonly Summary[]): string {
  const rows = summaries.map((summary) => {
    const { name, mutants, killed, survivors } = summary;
    const explained = survivors.filter(({ reason }) => reason !== undefined).length;
    return `| ${name} | ${mutants} | ${killed} | ${percent(scoreOf(summary))} | ${explained} | ${survivors.length - explained} |`;
  });
  return `${[
    '# Mutation testing',
    '',
    'A mutant is a source with one small mistake in it: `<` for `<=`, a condition that is always true, a statement left out. The tests of',
    'its package should fail with it, which kills it. Coverage tells what tests run; this tells what they would notice.',
    '',
    'Made by `pnpm mutate --write` (`tools/mutate.ts`). Survivors are listed below, each with the reason why it may live; most change',
    'nothing that can be seen. A reason belongs to one change of one line (`tools/mutation/accepted`): when the line is changed, it lapses.',
    'Types are not mutated, and tests that run the sources in a process of their own see no mutants.',
    '',
    '| package | mutants | killed | share | living with a reason | living without |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    ...summaries.filter(({ survivors }) => survivors.length > 0).map(table),
  ]
    .join('\n')
    .trimEnd()}\n`;
}
