import { setTimeout as delay } from 'node:timers/promises';
import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { quantile } from '../../../benchmarks/src/harness/statistics.ts';
import { durations } from '../test/chaos/chaos.ts';
import type { Backend } from '../test/chaos/backend.ts';
import { MeasuredElection } from './election.ts';
import type { Section } from './section.ts';

const KILLS = 24;
const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = durations;

const columns: readonly Column[] = [
  { key: 'kills', title: 'kills', unit: 'count' },
  { key: 'p50', title: 'p50', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
  { key: 'min', title: 'min', unit: 'ms' },
  { key: 'max', title: 'max', unit: 'ms' },
  { key: 'p50Leases', title: 'p50, × lease', unit: 'ratio' },
  { key: 'p99Leases', title: 'p99, × lease', unit: 'ratio' },
];

export const crash: Section = {
  id: 'crash',
  title: 'How long is nobody leading after a crash?',
  about: `Three processes, SIGKILL to the leader, ${KILLS} times: from the signal to the first work of the next leader, on the monotonic clock of the \
machine. A lease of ${leaseDurationMs / 1_000} s, a deadline of ${renewDeadlineMs / 1_000} s, renewals every ${retryPeriodMs / 1_000} s, so that \
the figure is of many kills. Each comes at another moment between two renewals. The lease runs from the last renewal that the others saw, which \
was up to a retry period before the crash: that is why most failovers are shorter than a lease. With so few samples p99 is the worst.`,
  columns,
  charts: [{ kind: 'bars', title: 'From SIGKILL to the next leader’s work, p50, lease of 3 s', value: 'p50' }],
};

export async function measureCrash(backend: Backend): Promise<Row> {
  await using election = await MeasuredElection.start(backend, durations);
  const samples: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await election.ready();
    await delay((kill / KILLS) * retryPeriodMs); // to meet every moment between two renewals
    samples.push((await election.end('SIGKILL')).sinceSignalMs);
  }
  const [p50, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)];
  const leases = { p50Leases: p50 / leaseDurationMs, p99Leases: p99 / leaseDurationMs };
  return {
    subject: backend.name,
    ours: true,
    kills: KILLS,
    p50,
    p99,
    min: Math.min(...samples),
    max: Math.max(...samples),
    ...leases,
  };
}
