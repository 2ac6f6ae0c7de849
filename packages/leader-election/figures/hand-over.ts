import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { quantile } from '../../../benchmarks/src/harness/statistics.ts';
import type { Backend } from '../test/chaos/backend.ts';
import { defaults } from './defaults.ts';
import { MeasuredElection } from './election.ts';
import type { Section } from './section.ts';

const ROUNDS = 100;

const columns: readonly Column[] = [
  { key: 'rounds', title: 'hand-overs', unit: 'count' },
  { key: 'p50', title: 'from the signal, p50', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
  { key: 'max', title: 'max', unit: 'ms' },
  { key: 'workP50', title: 'from the end of the work, p50', unit: 'ms' },
  { key: 'workP99', title: 'p99', unit: 'ms' },
];

export const handOver: Section = {
  id: 'hand-over',
  title: 'How long is nobody leading after a clean stop?',
  about: `Three processes at the default durations, SIGTERM to the leader, ${ROUNDS} times: its signal aborts, the work ends, the lease is released, \
another hears of it from the store, reads, and takes it. From the signal, and from the end of the old work, to the first work of the next leader. \
Followers wait at random up to 2 % of a retry period (40 ms), so that they do not all write at once; the rest is three requests, one after the other. With a hundred samples p99 is the worst.`,
  columns,
  charts: [{ kind: 'bars', title: 'From SIGTERM to the next leader’s work, p50', value: 'p50' }],
};

export async function measureHandOver(backend: Backend): Promise<Row> {
  await using election = await MeasuredElection.start(backend, defaults);
  const signal: number[] = [];
  const work: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { sinceSignalMs, sinceWorkMs } = await election.end('SIGTERM');
    signal.push(sinceSignalMs);
    work.push(sinceWorkMs ?? Number.NaN);
  }
  const fromSignal = { p50: quantile(signal, 0.5), p99: quantile(signal, 0.99), max: Math.max(...signal) };
  const fromWork = { workP50: quantile(work, 0.5), workP99: quantile(work, 0.99) };
  return { subject: backend.name, ours: true, rounds: ROUNDS, ...fromSignal, ...fromWork };
}
