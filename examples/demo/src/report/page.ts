import { cpus } from 'node:os';
import { count, duration, percent } from '../format.ts';
import { figuresOf, held } from '../measure.ts';
import { lengthMs, type Recording, type Schedule } from '../model.ts';
import { type BothFigures, recovery, type Row, rowsOf, variantNames, verdictOf } from '../rows.ts';
import { type Series, seriesOf } from '../series.ts';
import { type Chart, chartSvg } from './chart.ts';
import { type BothSeries, chartsOf } from './charts.ts';
import { escape } from './html.ts';
import { nearest } from './points.ts';
import { style } from './style.ts';
import { explanation } from './words.ts';

/** The whole report as one HTML file that needs nothing else: no network, no script. */
export function reportPage(bare: Recording, holdfast: Recording): string {
  const { schedule } = bare;
  const figures = { bare: figuresOf(bare), holdfast: figuresOf(holdfast) };
  const series = { bare: seriesOf(bare), holdfast: seriesOf(holdfast) };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>holdfast: an outage with and without it</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Payments is down. Do orders still get through?</h1>
<p class="lead">One Orders service under the same ${count(bare.ratePerSecond)} orders a second, played twice: without holdfast and with it. Payments is down for ${schedule.outageMs / 1_000} of ${lengthMs(schedule) / 1_000} seconds.</p>
<p class="verdict ${held(figures.holdfast) ? 'held' : 'not-held'}">${escape(verdictOf(figures))}</p>
${tiles(figures, schedule)}
${legend}
<div class="charts">
${chartsOf(series, figures, schedule).map(figure).join('\n')}
</div>
<h2>The figures</h2>
${figuresTable(rowsOf(figures, schedule))}
<p class="lead">The first four and the calls are of the ${schedule.outageMs / 1_000} s while Payments was down, the rest of the whole run. In time: answered within 1 s, paid or accepted with the payment pending.</p>
${explanation(schedule)}
<details><summary>The curves as numbers, second by second</summary>
<div class="scroll">${numbersTable(series, lengthMs(schedule) / 1_000)}</div></details>
<footer>${escape(origin(bare))}</footer>
</main>
</body>
</html>
`;
}

function tiles({ bare, holdfast }: BothFigures, schedule: Schedule): string {
  const all: [name: string, holdfast: string, bare: string][] = [
    ['answered within 1 s during the outage', percent(holdfast.inTimeRatio), percent(bare.inTimeRatio)],
    ['slowest hundredth of the answers (p99)', duration(holdfast.p99Ms), duration(bare.p99Ms)],
    ['calls that hit Payments while it was down', count(holdfast.callsWhileDown), count(bare.callsWhileDown)],
    ['from the repair to healthy again', recovery(holdfast, schedule), recovery(bare, schedule)],
  ];
  const tile = ([name, holdfastText, bareText]: (typeof all)[number]): string =>
    `<div class="tile"><dt>${name}</dt><dd class="with">${holdfastText}</dd><dd class="without">without: ${bareText}</dd></div>`;
  return `<dl class="tiles">${all.map(tile).join('')}</dl>`;
}

const legend = `<ul class="legend">${(['holdfast', 'bare', 'offered'] as const)
  .map((kind) => {
    const sample =
      kind === 'offered'
        ? '<rect class="area offered" width="30" height="10"/>'
        : `<polyline class="line ${kind}" points="0,5 30,5"/>`;
    return `<li><svg viewBox="0 0 30 10" aria-hidden="true">${sample}</svg>${kind === 'offered' ? 'orders sent' : variantNames[kind]}</li>`;
  })
  .join('')}</ul>`;

function figure(chart: Chart): string {
  return `<figure><h3>${escape(chart.title)}</h3>${chartSvg(chart)}<figcaption>${escape(chart.caption)}</figcaption></figure>`;
}

function figuresTable(rows: readonly Row[]): string {
  const body = rows.map(
    ({ label, bare, holdfast }) =>
      `<tr><th scope="row">${escape(label)}</th><td>${escape(bare)}</td><td>${escape(holdfast)}</td></tr>`,
  );
  return `<table class="figures"><thead><tr><th></th><th scope="col" class="bare">${variantNames.bare}</th><th scope="col" class="holdfast">${variantNames.holdfast}</th></tr></thead>
<tbody>${body.join('\n')}</tbody></table>`;
}

const columns: readonly [name: keyof Series, head: string, text: (value: number) => string][] = [
  ['inTime', 'in time /s', count],
  ['p99', 'p99', duration],
  ['inFlight', 'in work', count],
  ['calls', 'calls to Payments /s', count],
  ['memory', 'memory MB', count],
];

/** The text alternative to the charts: each curve's value at every whole second, without and with holdfast. */
function numbersTable({ bare, holdfast }: BothSeries, seconds: number): string {
  const heads = columns.map(([, head]) => `<th scope="col">${head}<br>without / with</th>`);
  const rows = Array.from({ length: seconds + 1 }, (_, x) => {
    const cells = columns.map(
      ([name, , text]) => `<td>${text(nearest(bare[name], x).y)} / ${text(nearest(holdfast[name], x).y)}</td>`,
    );
    return `<tr><th scope="row">${x} s</th><td>${count(nearest(bare.offered, x).y)}</td>${cells.join('')}</tr>`;
  });
  return `<table class="numbers"><thead><tr><th scope="col">time</th><th scope="col">sent /s</th>${heads.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
}

function origin({ ratePerSecond, answers }: Recording): string {
  const processors = cpus();
  return `${count(answers.length)} orders in each run at ${count(ratePerSecond)} a second. Measured on ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, Node ${process.versions.node}, ${process.platform}, ${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}.`;
}
