// Simulates elections: `node packages/leader-election/sim/main.ts [--seeds N] [--from K] [--threads T] [--counts]`, or one of them with all that
// happens in it: `--seed S [--trace]`. Exits with 1 when a rule was broken, or when the runs came to too little.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Elector } from '../src/elector/elector.ts';
import type { Finding } from './campaign.ts';
import { addTo, gaps } from './coverage.ts';
import { countsText, findingText, traceText } from './report.ts';
import { ownElector, Thread } from './threads.ts';
import type { Counts } from './world.ts';

/** Seeds that a thread takes at a time. */
const CHUNK = 250;
/** After so many violations there is enough to look at. */
const MOST_FINDINGS = 20;
/** Fewer runs than this need not have come to everything. */
const ENOUGH_FOR_GAPS = 2_000;
const TELL_EVERY_MS = 5_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    counts: { type: 'boolean', default: false },
  },
});

const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`Not a whole number from 0 on: ${text}`);
  return value;
};

function showOne(seed: number): void {
  const { text, outcome } = traceText(seed, Elector);
  if (values.trace) console.log(text);
  console.log(
    outcome.violation === undefined
      ? `Seed ${seed} breaks no rule.`
      : `Seed ${seed} breaks ${outcome.violation.rule}: ${outcome.violation.message}`,
  );
  process.exitCode = outcome.violation === undefined ? 0 : 1;
}

async function runAll(from: number, seeds: number, threads: number): Promise<void> {
  const counts: Counts = new Map();
  const findings: Finding[] = [];
  const startedAtMs = performance.now();
  let [next, runs, toldAtMs] = [from, 0, startedAtMs];
  const tell = (): void => {
    const perSecond = (1_000 * runs) / (performance.now() - startedAtMs);
    const leftS = (seeds - runs) / perSecond;
    console.log(
      `${runs} of ${seeds} runs, ${perSecond.toFixed(0)} a second, ${leftS.toFixed(0)} s left, ${findings.length} violations`,
    );
  };
  const work = async (thread: Thread): Promise<void> => {
    while (next < from + seeds && findings.length < MOST_FINDINGS) {
      const job = { elector: ownElector, than: '', from: next, to: Math.min(next + CHUNK, from + seeds), most: MOST_FINDINGS };
      next = job.to;
      const result = await thread.run(job);
      addTo(counts, result.counts);
      findings.push(...result.findings);
      runs += result.runs;
      if (performance.now() - toldAtMs < TELL_EVERY_MS) continue;
      toldAtMs = performance.now();
      tell();
    }
    await thread.end();
  };
  await Promise.all(Array.from({ length: threads }, () => work(new Thread())));
  tell();
  conclude(counts, findings, runs);
}

function conclude(counts: Counts, findings: readonly Finding[], runs: number): void {
  if (values.counts) console.log(countsText(counts));
  const missing = runs < ENOUGH_FOR_GAPS ? [] : gaps(counts, runs);
  for (const gap of missing) console.error(`Seen too rarely: ${gap}`);
  const bySeed = [...findings].sort((a, b) => a.seed - b.seed);
  const [first] = bySeed;
  if (first !== undefined) console.error(findingText(first, Elector));
  for (const { seed, rule, message } of bySeed.slice(1)) console.error(`Seed ${seed} breaks ${rule}: ${message}`);
  process.exitCode = findings.length + missing.length === 0 ? 0 : 1;
}

if (values.seed === undefined) await runAll(number(values.from), number(values.seeds), number(values.threads));
else showOne(number(values.seed));
