import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell } from './cell.ts';
import { LIBRARIES } from './libraries.ts';
import type { ScenarioFile } from './scenarios.ts';

/** A scenario, and what each library did, in the order of the libraries. */
export interface Row {
  readonly from: ScenarioFile;
  readonly cells: readonly Cell[];
}

const SIGNS: Readonly<Record<Cell['verdict'], string>> = { safe: '✓', unsafe: '✗', lacks: '–', broke: '!' };

/** The matrix for a terminal. */
export function table(rows: readonly Row[]): string {
  const widest = Math.max(...rows.map(({ from }) => label(from).length));
  const head = `${''.padEnd(widest)}  ${LIBRARIES.map(({ name }) => name).join('  ')}`;
  const lines = rows.map(({ from, cells }) => {
    const signs = cells.map(({ verdict }, index) => SIGNS[verdict].padEnd(LIBRARIES[index]!.name.length));
    return `${label(from).padEnd(widest)}  ${signs.join('  ')}`.trimEnd();
  });
  return [head, ...lines].join('\n');
}

const label = ({ scenario }: ScenarioFile): string => `${scenario.trap.padEnd(3)} ${scenario.title}`;

/** The page of the documentation. The same for the same libraries: no times, nothing of the machine. */
export function markdown(rows: readonly Row[]): string {
  const heads = LIBRARIES.map(({ name, npm }) => (npm === undefined ? name : `${name}<br>${versionOf(npm)}`));
  return `# Traps of the field

The known bugs of libraries like this one, as far as they concern a single process: found in the trackers of its peers or reproduced on
them, each as an experiment that is run in the same way on all. What a library did is recorded here and held against nobody; that holdfast
passes is tested.

Run it with \`pnpm traps\`, which writes this page (\`--check\` compares instead): verdicts, versions and observations all come from the run. Made on Node ${process.versions.node.split('.')[0]}. The scenarios are
\`packages/*/test/traps/t*.ts\`, how each library is used is \`traps/src/libraries/\`. They run in virtual time, but for the few that
are about the event loop, the process or the memory. \`naive\` is what one writes before knowing the traps: it shows
that a scenario can fail.

✓ avoids the trap, ✗ falls into it, – has no such policy or lacks what it takes, ! came to no end that can be judged

| trap | what should hold | ${heads.join(' | ')} |
|---|---|${LIBRARIES.map(() => ':-:').join('|')}|
${rows.map(matrixLine).join('\n')}

${rows.map(section).join('\n\n')}
`;
}

function matrixLine({ from, cells }: Row): string {
  const { trap, title } = from.scenario;
  return `| [${trap}](#${anchor(from)}) | ${escaped(title)} | ${cells.map(({ verdict }) => SIGNS[verdict]).join(' | ')} |`;
}

function section({ from, cells }: Row): string {
  const said = cells.map((cell, index) => ({ name: LIBRARIES[index]!.name, ...cell }));
  const lines = said
    .filter(({ verdict }) => verdict !== 'lacks')
    .map(({ name, verdict, saw }) => `- ${SIGNS[verdict]} **${name}**: ${escaped(saw)}`);
  const lacking = Map.groupBy(
    said.filter(({ verdict }) => verdict === 'lacks'),
    ({ saw }) => saw,
  );
  const reasons = [...lacking].map(([saw, those]) => `${those.map(({ name }) => name).join(', ')}: ${saw}`);
  return [
    `### <a id="${anchor(from)}"></a>${from.scenario.trap}: ${escaped(from.scenario.title)}`,
    '',
    ...lines,
    ...(reasons.length === 0 ? [] : [`- – ${reasons.join('; ')}`]),
    '',
    `[the scenario](../${from.path})`,
  ].join('\n');
}

/** The name of the file: two scenarios may be about one trap. */
const anchor = ({ path }: ScenarioFile): string => path.replace(/^.*\/(.*)\.ts$/, '$1');

const escaped = (text: string): string => text.replaceAll(/[|<>*_#[\]]/g, (sign) => `\\${sign}`);

function versionOf(npm: string): string {
  const manifest = join(import.meta.dirname, '../node_modules', npm, 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
