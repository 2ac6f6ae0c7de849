import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer, Row } from '../../../benchmarks/src/answer.ts';
import { rounded, textOf } from '../../../benchmarks/src/results.ts';
import type { Results } from '../../../benchmarks/src/results.ts';
import { thisMachine } from '../../../benchmarks/src/this-machine.ts';
import { crash } from './crash.ts';
import { handOver } from './hand-over.ts';
import { mutants } from './mutants.ts';
import { imports, inProcess, memory } from './process.ts';
import { requests } from './requests.ts';
import type { Section } from './section.ts';
import { servers } from './servers.ts';
import { crashSimulated, handOverSimulated } from './simulation.ts';

/** In the order of the page. */
const SECTIONS: readonly Section[] = [
  crash,
  handOver,
  crashSimulated,
  handOverSimulated,
  requests,
  memory,
  inProcess,
  imports,
  mutants,
];

const file = fileURLToPath(new URL('results.json', import.meta.url));

/** What was measured, as it is saved; without figures where nothing was yet. */
export function loadResults(): Results {
  const saved = JSON.parse(readFileSync(file, 'utf8')) as Results;
  return { ...saved, answers: SECTIONS.map((section) => ({ ...section, rows: rowsOf(saved, section.id) })) };
}

export const rowsOf = ({ answers }: Pick<Results, 'answers'>, id: string): readonly Row[] =>
  answers.find((answer) => answer.id === id)?.rows ?? [];

/** Puts a row in the place of that of the same server, which was measured before. */
export function saveRow(id: string, row: Row): void {
  const others = rowsOf(loadResults(), id).filter(({ subject }) => subject !== row.subject);
  const order = Object.keys(servers);
  saveRows(
    id,
    [...others, row].toSorted((a, b) => order.indexOf(a.subject) - order.indexOf(b.subject)),
  );
}

/** All rows of a section, in the place of those that were measured before. */
export function saveRows(id: string, rows: readonly Row[]): void {
  const answers = loadResults().answers.map((answer) => (answer.id === id ? { ...answer, rows } : answer));
  writeFileSync(file, textOf(rounded({ machine: thisMachine(), answers: answers.map(figuresOnly) })));
}

/** Titles and texts are in the sources, and would say twice what they say. */
const figuresOnly = (answer: Answer): Answer => ({ ...answer, title: '', about: '', charts: [] });
