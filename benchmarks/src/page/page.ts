import type { Answer, Chart, Column } from '../answer.ts';
import type { Verdict } from '../budget.ts';
import type { Machine, Results } from '../results.ts';
import { barDrawing } from './bars.ts';
import type { Drawing } from './drawing.ts';
import { figure, mark } from './format.ts';
import { lineDrawing } from './lines.ts';
import { toSvg } from './svg.ts';
import { answerTable, cellText, markdownTable } from './table.ts';

/** Where the page is, from the root of the workspace; its charts are in the folder beside it. */
export const PAGE = 'docs/performance.md';
export const CHARTS = 'docs/performance';

/** Files by their path from the root of the workspace: the page, and every chart on it. */
export function pageOf({ machine, answers }: Results, budget: readonly Verdict[]): ReadonlyMap<string, string> {
  const sections = answers.map(sectionOf);
  const charts = sections.flatMap(({ charts }) => [...charts].map(([name, svg]) => [`${CHARTS}/${name}`, svg] as const));
  const page = [
    introduction(machine),
    ...(budget.length === 0 ? [] : [budgetSection(budget)]),
    `## Questions\n\n${answers.map(({ id, title }) => `- [${cellText(title)}](#${id})`).join('\n')}`,
    ...sections.map(({ text }) => text),
  ];
  return new Map([[PAGE, `${page.join('\n\n')}\n`], ...charts]);
}

const introduction = ({ node, v8, cpu, cores, memoryGiB, date }: Machine): string => `# What it costs

Every figure here was measured by [\`benchmarks/\`](../benchmarks), and the page and its charts are drawn from what that left in
[\`benchmarks/results.json\`](../benchmarks/results.json). \`pnpm bench\` measures anew and writes all of it. One file of
[\`benchmarks/src/questions/\`](../benchmarks/src/questions) asks one question of holdfast and its peers, in a process of its own; where each of
them needs its own, the answer says so.

Measured on ${date}: Node ${node} (V8 ${v8}), ${cellText(cpu)}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${mark(memoryGiB, 'count')} GiB of memory.

- **Bare** is the operation with nothing around it: \`await operation()\` of an async function that does next to nothing, in the same loop.
  Where a question compares with something else, it says so.
- **A ratio** such as ${mark(2.5, 'ratio')} says how many times as long as the bare operation a call takes. Subject and bare operation take short
  turns, so that what else the machine does meets both; each pair of turns gives a ratio, and the median of these is shown.
  A real dependency takes far longer than such an operation: set the difference in nanoseconds against *its* time.
- **Absolute times** are for orientation. They belong to this machine, this version of Node and this hour: do not compare them with
  times from anywhere else, nor with those of another run. Ratios carry over better, though not to the last digit.
- holdfast is **bold** in the tables and coloured in the charts; what it is compared with is grey. KB is 1000 bytes, – is nothing to measure.`;

function budgetSection(budget: readonly Verdict[]): string {
  const heads = [
    { title: 'what', words: true },
    { title: 'measured', words: false },
    { title: 'budget', words: false },
    { title: 'met', words: true },
  ];
  const lines = budget.map(({ what, question, measured, limit, held, unit, sense, met }) => [
    `[${cellText(what)}](#${question})`,
    figure(measured, unit),
    `${sense === 'atLeast' ? '≥' : '≤'} ${mark(limit, unit)}`,
    met ? '✓' : `✗ ${held === undefined ? 'no' : `[${cellText(held.why)}](#${held.see})`}`,
  ]);
  return `## <a id="budget"></a>What we hold ourselves to

\`pnpm bench:check\` measures these again in a short run, allows for its noise, and fails where a limit is missed all the same.

${markdownTable(heads, lines)}`;
}

function sectionOf(answer: Answer): { text: string; charts: ReadonlyMap<string, string> } {
  const drawings = answer.charts.map((chart, index) => ({
    name: `${answer.id}-${index + 1}.svg`,
    drawing: drawingOf(chart, answer),
  }));
  const images = drawings.map(({ name, drawing }) => `![${cellText(drawing.title)}](performance/${name})`);
  const parts = [`## <a id="${answer.id}"></a>${cellText(answer.title)}`, answer.about.trim(), ...images, answerTable(answer)];
  return { text: parts.join('\n\n'), charts: new Map(drawings.map(({ name, drawing }) => [name, toSvg(drawing)])) };
}

/** @throws {Error} when the chart names a column the answer has not. */
function drawingOf(chart: Chart, answer: Answer): Drawing {
  const column = (key: string): Column => {
    const found = answer.columns.find((column) => column.key === key);
    if (found === undefined)
      throw new Error(`${answer.id}: the chart '${chart.title}' is of '${key}', and there is no such column`);
    return found;
  };
  if (chart.kind === 'bars') return barDrawing(chart, column(chart.value), answer);
  return lineDrawing(chart, { x: column(chart.x), y: column(chart.y) }, answer);
}
