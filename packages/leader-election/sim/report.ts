import type { Finding } from './campaign.ts';
import { generate } from './generate.ts';
import { textOf } from './incidents.ts';
import { Journal } from './journal.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import type { Outcome } from './simulate.ts';
import { rules } from './violation.ts';
import type { Counts, ElectorClass } from './world.ts';

const COMMAND = 'node packages/leader-election/sim/main.ts';

/** What was found under a seed, made as small as it gets, and what happened then. */
export function findingText({ seed, rule, message }: Finding, ElectorClass: ElectorClass): string {
  const smallest = shrink(generate(seed), rule, ElectorClass);
  const journal = new Journal();
  const { violation } = simulate(smallest, ElectorClass, journal);
  return [
    `Seed ${seed} breaks ${rule}: ${rules[rule]}.`,
    `  ${message}`,
    `Reproduce: ${COMMAND} --seed ${seed} --trace`,
    'The smallest run that breaks the same rule:',
    ...scenarioLines(smallest),
    ...journal.lines,
    `  ${violation?.message ?? ''}`,
  ].join('\n');
}

/** One seed as it is, not made smaller. */
export function traceText(seed: number, ElectorClass: ElectorClass): { readonly text: string; readonly outcome: Outcome } {
  const scenario = generate(seed);
  const journal = new Journal();
  const outcome = simulate(scenario, ElectorClass, journal);
  return { text: [...scenarioLines(scenario), ...journal.lines].join('\n'), outcome };
}

function scenarioLines({ nodes, store, network, work, incidents, calmAtMs, exam }: Scenario): string[] {
  const trouble = Object.entries({ ...network, ...work }).filter(([, value]) => value !== 0);
  return [
    ...nodes.map(({ timing, rate, rank, observes, wallOffsetMs }, node) => {
      const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, drainTimeoutMs } = timing;
      const times = `${leaseDurationMs}/${renewDeadlineMs}/${retryPeriodMs} ms, drains ${drainTimeoutMs.toFixed(0)} ms`;
      return `  node-${node}: ${times}, clock ${rate.toFixed(3)}, wall ${wallOffsetMs.toFixed(0)} ms off, rank ${rank}${observes ? ', observes' : ''}`;
    }),
    `  store: ${Object.entries(store)
      .map(([key, value]) => `${key} ${short(value)}`)
      .join(', ')}`,
    `  trouble: ${trouble.map(([key, value]) => `${key} ${short(value)}`).join(', ')}`,
    ...incidents.map(
      (incident) =>
        `  at ${incident.atMs.toFixed(0)} ms: ${'node' in incident ? `node-${incident.node} ` : ''}${textOf(incident)}`,
    ),
    `  calm from ${calmAtMs.toFixed(0)} ms, then ${exam}`,
  ];
}

const short = (value: string | number | boolean): string =>
  typeof value === 'number' ? String(Math.round(value * 1_000) / 1_000) : String(value);

export function countsText(counts: Counts): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, times]) => `${what.padEnd(22)} ${times}`)
    .join('\n');
}
