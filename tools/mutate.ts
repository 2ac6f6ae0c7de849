// Mutation testing: `pnpm mutate [--package NAME]… [--file PART] [--since COMMIT] [--sample N [--seed S]] [--write]`.
// Exits with 1 when a package has too small a share of mutants killed, or a survivor without a reason. See docs/mutation.md.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AcceptedMutants } from './mutation/accepted.ts';
import { type Choice, choose, isEverything } from './mutation/choose.ts';
import { Hunt, type Progress } from './mutation/hunt.ts';
import { mutatePackage } from './mutation/package-mutants.ts';
import { isSaved, load, page, percent, save, scoreOf, summarize, type Summary } from './mutation/report.ts';
import { Session } from './mutation/session.ts';

/** The packages a user's call runs through, as in the coverage of vitest.config.ts. */
const packages = ['core', 'circuit-breaker', 'bulkhead', 'deadline', 'retry', 'fallback'];
/** Share of the mutants of a package that must be killed. */
const LEAST_RATIO = 0.9;

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    package: { type: 'string', multiple: true, default: packages },
    file: { type: 'string' },
    since: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const sample = values.sample === undefined ? undefined : Number(values.sample);
const choice: Choice = { file: values.file, since: values.since, sample, seed: Number(values.seed) };
const problems: string[] = [];

/** One line that changes on a terminal, a line for each step elsewhere. */
const progressOf =
  (name: string, mutants: number): Progress =>
  (step, done, of, dead) => {
    const line = `${name}: ${step} ${done + 1}/${of}, ${dead} of ${mutants} mutants killed`;
    if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${line}`);
    else if (done === 0) console.log(line);
  };

async function run(name: string): Promise<Summary> {
  const { mutants, sources } = mutatePackage(root, name, (all) => choose(root, all, choice));
  const session = await Session.open(root, sources);
  try {
    const hunt = new Hunt(session, mutants, progressOf(name, mutants.length));
    const verdicts = mutants.length === 0 ? [] : await hunt.run(await session.files(join(root, 'packages', name, '/')));
    const accepted = AcceptedMutants.of(root, name);
    const summary = summarize(name, verdicts, accepted);
    problems.push(...[...hunt.unusable].map((test) => `${name}: fails with no mutant on: ${test}`));
    if (isEverything(choice)) problems.push(...accepted.unused.map((key) => `${name}: accepted, but killed or gone: ${key}`));
    return summary;
  } finally {
    await session.close();
  }
}

function show(summary: Summary): void {
  const { name, mutants, killed, survivors } = summary;
  const end = process.stdout.isTTY ? '\r\u001B[K' : '';
  console.log(`${end}${name}: ${killed} of ${mutants} mutants killed, ${percent(scoreOf(summary))}`);
  for (const { file, line, original, replacement, reason, uncovered } of survivors) {
    if (reason !== undefined) continue;
    problems.push(`${file}:${line}  ${original}  →  ${replacement}${uncovered ? '  (no test comes here)' : ''}`);
  }
  if (!isEverything(choice)) return;
  save(root, summary);
  if (scoreOf(summary) < LEAST_RATIO) problems.push(`${name}: fewer than ${percent(LEAST_RATIO)} killed`);
}

/** The page is of all packages: those that are not run now must have been before. */
const missing = packages.filter((name) => !(isEverything(choice) && values.package.includes(name)) && !isSaved(root, name));
if (values.write && missing.length > 0) {
  console.error(
    `--write draws all packages, and there are no results yet of ${missing.join(', ')}: run these first, or leave out --package`,
  );
  process.exit(2);
}

for (const name of values.package) show(await run(name));
if (values.write) writeFileSync(join(root, 'docs/mutation.md'), page(packages.map((name) => load(root, name))));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
