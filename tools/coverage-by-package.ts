// Prints line and branch coverage of each package, from the summary `vitest run --coverage` leaves behind.
import { readFileSync } from 'node:fs';

interface Count {
  total: number;
  covered: number;
}
type Measure = 'lines' | 'branches';

const summary = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')) as Record<string, Record<Measure, Count>>;
const packages = new Map<string, Record<Measure, Count>>();

for (const [path, file] of Object.entries(summary)) {
  const name = /[\\/]packages[\\/]([^\\/]+)/.exec(path)?.[1];
  if (name === undefined) continue;
  const sum = packages.get(name) ?? { lines: { total: 0, covered: 0 }, branches: { total: 0, covered: 0 } };
  for (const measure of ['lines', 'branches'] as const) {
    sum[measure].total += file[measure].total;
    sum[measure].covered += file[measure].covered;
  }
  packages.set(name, sum);
}

const percent = ({ total, covered }: Count): string =>
  (total === 0 ? '–' : `${((100 * covered) / total).toFixed(1)} %`).padStart(9);
console.log(`${'package'.padEnd(18)}${'lines'.padStart(9)}${'branches'.padStart(10)}`);
for (const [name, { lines, branches }] of [...packages].toSorted(([a], [b]) => a.localeCompare(b))) {
  console.log(`${name.padEnd(18)}${percent(lines)} ${percent(branches)}`);
}
