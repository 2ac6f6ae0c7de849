// Runs every scenario on every library, prints the matrix and writes docs/traps.md; with --check compares with what is there instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell } from './cell.ts';
import { LIBRARIES, NO_SUCH_POLICY, offers } from './libraries.ts';
import type { Library } from './libraries.ts';
import { markdown, table } from './report.ts';
import type { Row } from './report.ts';
import { scenarios } from './scenarios.ts';
import type { ScenarioFile } from './scenarios.ts';
import { Thread } from './thread.ts';

const page = join(import.meta.dirname, '../../docs/traps.md');

/** Every scenario in a thread of its own: takes longer, and must say the same. */
const allAlone = process.argv.includes('--alone');

/** One library through all scenarios. */
async function column({ name, open }: Library, files: readonly ScenarioFile[]): Promise<Cell[]> {
  const { capabilities } = await open('real');
  const thread = new Thread(name, allAlone);
  const cells: Cell[] = [];
  for (const from of files) {
    const offered = offers(capabilities, from.scenario); // a thread costs more than this question
    cells.push(offered ? await thread.run(from) : { verdict: 'lacks', saw: NO_SUCH_POLICY });
  }
  await thread.end();
  return cells;
}

function problems(rows: readonly Row[]): string[] {
  return rows.flatMap(({ from, cells }) => {
    const [ours, ...others] = cells as [Cell, ...Cell[]];
    return [
      ...(ours.verdict === 'safe' ? [] : [`${from.path}: holdfast ${ours.verdict}: ${ours.saw}`]),
      ...(others.some(({ verdict }) => verdict === 'unsafe') ? [] : [`${from.path}: nobody falls into it, so it proves nothing`]),
    ];
  });
}

const files = await scenarios();
const columns = await Promise.all(LIBRARIES.map((library) => column(library, files)));
const rows = files.map((from, index): Row => ({ from, cells: columns.map((cells) => cells[index]!) }));
console.log(table(rows));

const found = problems(rows);
const text = markdown(rows);
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) found.push('docs/traps.md is not what this run says: run `pnpm traps`');
for (const problem of found) console.error(problem);
process.exitCode = found.length === 0 ? 0 : 1;
