import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '@holdfast/core/testing';
import type { Random } from '@holdfast/core';
import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { clientGoCrashMs, clientGoHandOverMs } from './simulation/client-go.ts';
import type { Network } from './simulation/world.ts';
import type { Section } from './section.ts';

const RUNS = 20_000;
export const FOLLOWERS: readonly number[] = [1, 2, 4, 9];

const columns: readonly Column[] = [
  { key: 'library', title: 'of', unit: 'text' },
  { key: 'followers', title: 'followers', unit: 'count' },
  { key: 'p50', title: 'p50', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
  { key: 'min', title: 'min', unit: 'ms' },
];

const about = (
  what: string,
): string => `${RUNS.toLocaleString('en').replaceAll(',', ' ')} runs for each number of followers, at a lease of 15 s, a deadline of 10 s and \
renewals every 2 s. holdfast is the very elector of the package, on a simulated clock, with a request time drawn for each request from a log-normal \
distribution through the median and p99 measured on kube-apiserver ([above](#requests)). client-go is a model of its loops in the same file tree \
([\`client-go.ts\`](../packages/leader-election/figures/simulation/client-go.ts)), ${what}, and its requests take no time at all.`;

export const crashSimulated: Section = {
  id: 'crash-simulated',
  title: 'After a crash, at the defaults, beside client-go?',
  about: about('with followers that poll'),
  columns,
  charts: [
    { kind: 'lines', title: 'Nobody leads after a crash: p99 at the defaults', x: 'followers', y: 'p99', series: 'library' },
  ],
};

export const handOverSimulated: Section = {
  id: 'hand-over-simulated',
  title: 'After a clean stop, at the defaults, beside client-go?',
  about: about('with `ReleaseOnCancel`, whose followers poll'),
  columns,
  charts: [
    {
      kind: 'lines',
      title: 'Nobody leads after a clean stop: p50 at the defaults',
      x: 'followers',
      y: 'p50',
      series: 'library',
      logarithmicY: true,
    },
  ],
};

/** @param times of requests, as they were measured. */
export async function simulateCrash(times: Row): Promise<Row[]> {
  return [...(await holdfastRows('crash', times)), ...clientGoRows(clientGoCrashMs)];
}

/** @param times of requests, as they were measured. */
export async function simulateHandOver(times: Row): Promise<Row[]> {
  return [...(await holdfastRows('stop', times)), ...clientGoRows(clientGoHandOverMs)];
}

/** Every number of followers in a thread of its own: together they take some minutes. */
const holdfastRows = (how: 'crash' | 'stop', times: Row): Promise<Row[]> =>
  Promise.all(
    FOLLOWERS.map(async (followers) => row('holdfast', followers, await inThread({ how, followers, times, runs: RUNS }))),
  );

const clientGoRows = (gapMs: (followers: number, random: Random) => number): Row[] =>
  FOLLOWERS.map((followers) =>
    row(
      'client-go',
      followers,
      distribution(RUNS, (random) => gapMs(followers, random)),
    ),
  );

function row(library: string, followers: number, { p50, p99, min }: Distribution): Row {
  const subject = `${library}, ${followers} ${followers === 1 ? 'follower' : 'followers'}`;
  return { subject, ours: library === 'holdfast', library, followers, p50, p99, min };
}

export interface Task {
  readonly how: 'crash' | 'stop';
  readonly followers: number;
  readonly times: Row;
  readonly runs: number;
}

async function inThread(task: Task): Promise<Distribution> {
  const worker = new Worker(new URL('simulation/thread.ts', import.meta.url), { workerData: task });
  const [found] = (await once(worker, 'message')) as [Distribution];
  return found;
}

export function network(times: Row, random: Random): Network {
  return {
    readMs: logNormal(Number(times['readP50']), Number(times['readP99']), random),
    writeMs: logNormal(Number(times['writeP50']), Number(times['writeP99']), random),
  };
}

/** The standard normal variate that 99 % do not exceed. */
const NORMAL_P99 = 2.326;

/** @see Box, Muller: A Note on the Generation of Random Normal Deviates (1958) */
export function logNormal(p50: number, p99: number, random: Random): () => number {
  const sigma = Math.log(p99 / p50) / NORMAL_P99;
  return () => p50 * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

export interface Distribution {
  readonly p50: number;
  readonly p99: number;
  readonly min: number;
}

export function distribution(runs: number, draw: (random: Random) => number): Distribution {
  const random = seededRandom(1);
  const samples = Float64Array.from({ length: runs }, () => draw(random)).sort();
  return { p50: samples[Math.floor(runs * 0.5)]!, p99: samples[Math.floor(runs * 0.99)]!, min: samples[0]! };
}
