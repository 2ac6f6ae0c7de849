// What `assertLeader()` takes in the middle of a term, in nanoseconds of computing time: the median of several turns.
import { leaderElection } from '../../src/election.ts';
import { memoryLease } from '../../src/memory.ts';
import type { Term } from '../../src/term.ts';
import { quantile } from '../../../../benchmarks/src/harness/statistics.ts';

const [TURNS, CALLS] = [31, 100_000];

function turn(term: Term): number {
  const before = process.cpuUsage();
  for (let call = 0; call < CALLS; call++) term.assertLeader();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / CALLS;
}

const election = leaderElection({ name: 'figures', store: memoryLease(), leaseDurationMs: 90_000, renewDeadlineMs: 40_000 });
election.start((term) => {
  const turns = Array.from({ length: TURNS }, () => turn(term));
  process.stdout.write(`${JSON.stringify(quantile(turns, 0.5))}\n`, () => process.exit(0));
});
