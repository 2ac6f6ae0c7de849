import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../budget.ts';
import { type Results, rounded } from '../results.ts';
import { CHARTS, pageOf } from './page.ts';

/** Writes `docs/performance.md` and its charts, and takes away charts that are no longer on it. */
export function writePage(root: string, results: Results): void {
  const files = filesOf(results);
  for (const path of strays(root, files)) rmSync(join(root, path));
  mkdirSync(join(root, CHARTS), { recursive: true });
  for (const [path, text] of files) writeFileSync(join(root, path), text);
}

/** What keeps the page in the tree from being the one these results would give, a line for each file; nothing where it is that page. */
export function pageMatches(root: string, results: Results): string[] {
  const files = filesOf(results);
  const wrong = [...files].flatMap(([path, text]) => difference(path, textAt(join(root, path)), text));
  return [...wrong, ...strays(root, files).map((path) => `${path}: belongs to no question`)];
}

/** From the results as they are saved, whichever they are: those of a run, or of the file. */
function filesOf(results: Results): ReadonlyMap<string, string> {
  const saved = rounded(results);
  return pageOf(saved, judge(saved.answers, 'full'));
}

function difference(path: string, found: string | undefined, expected: string): string[] {
  if (found === expected) return [];
  if (found === undefined) return [`${path}: is missing`];
  const [lines, wanted] = [found.split('\n'), expected.split('\n')];
  const at = wanted.findIndex((line, index) => line !== lines[index]);
  const line = at === -1 ? wanted.length : at;
  return [`${path}:${line + 1}: has ${quoted(lines[line])}, the results give ${quoted(wanted[line])}`];
}

const quoted = (line: string | undefined): string => (line === undefined ? 'nothing' : `'${line}'`);

const textAt = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** Charts in the folder that are not among the files. */
function strays(root: string, files: ReadonlyMap<string, string>): string[] {
  if (!existsSync(join(root, CHARTS))) return [];
  return readdirSync(join(root, CHARTS))
    .filter((name) => name.endsWith('.svg'))
    .map((name) => `${CHARTS}/${name}`)
    .filter((path) => !files.has(path))
    .sort();
}
