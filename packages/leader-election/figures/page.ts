import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Chart, Column } from '../../../benchmarks/src/answer.ts';
import { barDrawing } from '../../../benchmarks/src/page/bars.ts';
import { figure, mark } from '../../../benchmarks/src/page/format.ts';
import { lineDrawing } from '../../../benchmarks/src/page/lines.ts';
import { toSvg } from '../../../benchmarks/src/page/svg.ts';
import { answerTable, cellText, markdownTable } from '../../../benchmarks/src/page/table.ts';
import type { Machine, Results } from '../../../benchmarks/src/results.ts';
import { judge } from './targets.ts';

/** From the root of the workspace. */
export const PAGE = 'docs/leader-election.md';
export const CHARTS = 'docs/leader-election';
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

export function writePage(results: Results): void {
  rmSync(join(root, CHARTS), { recursive: true, force: true });
  for (const [path, text] of filesOf(results)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** The page and its charts, by their paths from the root of the workspace. */
export function filesOf(results: Results): ReadonlyMap<string, string> {
  const answers = results.answers.filter(({ rows }) => rows.length > 0);
  const page = [introduction(results.machine), targetsOf(results), ...answers.map(sectionOf)];
  return new Map([[PAGE, `${page.join('\n\n')}\n`], ...answers.flatMap(chartsOf)]);
}

const introduction = ({ node, cores, memoryGiB, date }: Machine): string => `# What an election takes

How long nobody leads after a crash and after a clean stop, what is asked of the store, and what it takes of the process: measured, and
compared with what we hold ourselves to. What an election promises is in [its package](../packages/leader-election).

The page and its charts are drawn from [\`results.json\`](../packages/leader-election/figures/results.json), which
[\`figures/\`](../packages/leader-election/figures) writes: everything anew, or one part at a time, as below each heading.

\`\`\`sh
pnpm exec node packages/leader-election/figures/main.ts
\`\`\`

Measured on ${date} with Node ${node} on a machine of ${cores} cores and ${mark(Math.round(memoryGiB), 'count')} GiB of memory that ran the servers and all members. The servers
were on the loopback address, each a single one that flushes what it has answered: a real network and a replicated server add their time to each
request. Kubernetes is a kube-apiserver 1.20 over etcd 3.4. In all, the monotonic clock was the same for all processes. Times are of this machine and
this hour, in which it did other things too. KB is 1000 bytes, – is nothing to measure.`;

function targetsOf(results: Results): string {
  const heads = [
    { title: 'what', words: true },
    { title: 'measured', words: false },
    { title: 'target', words: false },
    { title: 'met', words: true },
  ];
  const lines = judge(results).map(({ what, section, measured, unit, atMost, met, why = '' }) => [
    `[${cellText(what)}](#${section})`,
    figure(measured, unit),
    `≤ ${mark(atMost, unit)}`,
    met ? '✓' : measured === undefined ? 'not measured' : `✗ ${cellText(why)}`.trim(),
  ]);
  return `## <a id="targets"></a>What we hold ourselves to\n\n${markdownTable(heads, lines)}`;
}

function sectionOf(answer: Answer): string {
  const images = answer.charts.map((chart, index) => `![${cellText(chart.title)}](leader-election/${nameOf(answer, index)})`);
  const command = `\`\`\`sh\npnpm exec node packages/leader-election/figures/main.ts --only ${answer.id}\n\`\`\``;
  return [`## <a id="${answer.id}"></a>${cellText(answer.title)}`, answer.about, command, ...images, answerTable(answer)].join(
    '\n\n',
  );
}

const nameOf = ({ id }: Answer, index: number): string => `${id}-${index + 1}.svg`;

const chartsOf = (answer: Answer): (readonly [string, string])[] =>
  answer.charts.map((chart, index) => [`${CHARTS}/${nameOf(answer, index)}`, drawn(chart, answer)] as const);

function drawn(chart: Chart, answer: Answer): string {
  const column = (key: string): Column => answer.columns.find((column) => column.key === key)!;
  if (chart.kind === 'bars') return toSvg(barDrawing(chart, column(chart.value), answer));
  return toSvg(lineDrawing(chart, { x: column(chart.x), y: column(chart.y) }, answer));
}
