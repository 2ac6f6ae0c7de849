import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { figuresOf, held } from './measure.ts';
import { schedule } from './model.ts';
import { help, type Options, parseOptions, UsageError } from './options.ts';
import { StartError, startDatabase } from './processes.ts';
import { progressLine } from './progress.ts';
import { reportPage } from './report/page.ts';
import { rowsOf, verdictOf } from './rows.ts';
import { play, type Progress } from './run.ts';
import { serve } from './serve.ts';
import { tableOf } from './table.ts';

const exitCodes = { held: 0, notHeld: 1, couldNotRun: 2 } as const;
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Plays both runs and tells of them; true if the protected one held. */
async function compare(options: Options, databaseUrl: string, signal: AbortSignal): Promise<boolean> {
  const { seed } = options;
  const progress = progressLine();
  const settings = { databaseUrl, seed, signal, onProgress: (now: Progress) => progress.show(now) };
  const bare = await play('bare', { ...settings, rate: options.rate });
  const holdfast = await play('holdfast', { ...settings, rate: bare.ratePerSecond });
  progress.done();

  const figures = { bare: figuresOf(bare), holdfast: figuresOf(holdfast) };
  const report = resolve(options.report ?? `reports/demo-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.html`);
  await mkdir(dirname(report), { recursive: true });
  await writeFile(report, reportPage(bare, holdfast));

  if (options.json)
    console.log(JSON.stringify({ ratePerSecond: bare.ratePerSecond, seed, schedule, ...figures, report }, null, 2));
  else console.log(`\n${tableOf(rowsOf(figures, schedule))}\n\n${verdictOf(figures)}\nReport: ${report}`);
  return held(figures.holdfast);
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(help);
    return exitCodes.held;
  }
  console.error('Starting PostgreSQL …');
  await using database = await startDatabase();
  signal.throwIfAborted();
  if (options.serve) {
    await serve(database.url, options.seed, signal);
    return exitCodes.held;
  }
  return (await compare(options, database.url, signal)) ? exitCodes.held : exitCodes.notHeld;
}

/** Ends orderly on the first signal, at once on the second. */
function untilSignalled(): { signal: AbortSignal; exitCode: () => number | undefined } {
  const ending = new AbortController();
  let exitCode: number | undefined;
  for (const [name, code] of Object.entries(signals)) {
    process.once(name, () => {
      exitCode ??= code;
      ending.abort();
    });
  }
  return { signal: ending.signal, exitCode: () => exitCode };
}

const { signal, exitCode } = untilSignalled();
try {
  process.exitCode = await main(process.argv.slice(2), signal);
} catch (error) {
  const code = exitCode();
  process.exitCode = code ?? exitCodes.couldNotRun;
  if (code !== undefined) console.error('\nStopped.');
  else if (error instanceof UsageError || error instanceof StartError) console.error(`demo: ${error.message}`);
  else console.error('demo: could not run.', error);
}
