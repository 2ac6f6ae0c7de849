import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Row } from './answer.ts';

/** What the figures were measured on: enough to judge them by, nothing that names the machine. */
export interface Machine {
  /** Without the `v`, such as '24.11.0'. */
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Day of the run, such as '2026-01-31'. */
  readonly date: string;
}

/** One run of all questions. */
export interface Results {
  readonly machine: Machine;
  readonly answers: readonly Answer[];
}

/** Significant digits kept: one more than a person is shown, and none of the noise. */
const DIGITS = 4;

/** The widest line, as the formatter of the workspace has it, which therefore leaves the file as it is. */
const LINE_WIDTH = 130;

const file = (root: string): string => join(root, 'benchmarks/results.json');

/** Writes `benchmarks/results.json`: a row of a table is a line where it fits, so that a diff shows what moved. */
export function saveResults(root: string, results: Results): void {
  writeFileSync(file(root), textOf(results));
}

/** @throws {Error} where no run was saved yet, or what was saved is no JSON. */
export function loadResults(root: string): Results {
  return JSON.parse(readFileSync(file(root), 'utf8')) as Results;
}

/** The results as they are saved: a page drawn from these is the page drawn from the file. Rounding again changes nothing. */
export function rounded({ machine, answers }: Results): Results {
  return { machine: { ...machine, memoryGiB: round(machine.memoryGiB) }, answers: answers.map(roundedAnswer) };
}

export function textOf(results: Results): string {
  return `${laidOut(rounded(results), '', 0)}\n`;
}

/** Counts are exact: whoever counts a thousand and one timers means it. What is no finite number was not measured. */
function roundedAnswer(answer: Answer): Answer {
  const counts = new Set(answer.columns.filter(({ unit }) => unit === 'count').map(({ key }) => key));
  const kept = (key: string, value: Row[string]): Row[string] => {
    if (typeof value !== 'number') return value ?? null;
    if (!Number.isFinite(value)) return null;
    return counts.has(key) ? value : round(value);
  };
  const rows = answer.rows.map(
    (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, kept(key, value)])) as Row,
  );
  return { ...answer, rows };
}

const round = (value: number): number => Number(value.toPrecision(DIGITS));

/** JSON with what holds plain values alone on one line, where it fits after the `taken` characters before it. */
function laidOut(value: unknown, indent: string, taken: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const flat = onOneLine(value);
  if (!isNested(value) && indent.length + taken + flat.length < LINE_WIDTH) return flat;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((part) => laidOut(part, deeper, 0))
    : entriesOf(value).map(([key, part]) => `${key}: ${laidOut(part, deeper, key.length + 2)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

/** A list of one plain object is not: the formatter would close it up. */
function isNested(value: object): boolean {
  const inner = Object.values(value).filter((part) => typeof part === 'object' && part !== null);
  return Array.isArray(value) && value.length === 1 ? inner.some(isNested) : inner.length > 0;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = entriesOf(value).map(([key, part]) => `${key}: ${onOneLine(part)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => [JSON.stringify(key), part]);
