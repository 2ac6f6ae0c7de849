import type { Backend } from './backend.ts';
import { violations } from './checker.ts';
import { conduct } from './conductor.ts';
import { Ensemble } from './ensemble.ts';
import type { Durations } from './messages.ts';
import { Resource } from './resource.ts';
import type { Round } from './schedule.ts';
import { until } from './until.ts';

/** Fast, so that a crash costs seconds; still with a second attempt in every renewal. */
export const durations: Durations = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };

/** Of what a failover takes beyond the lease: the longest poll, two requests that time out, and a machine that does other things too. */
const MARGIN_MS = 3_000;
/** How much longer than the lease a process is kept from noticing. */
const OVERSLEEP_MS = 500;

const patience = {
  failoverMs: durations.leaseDurationMs + MARGIN_MS,
  handOverMs: durations.renewDeadlineMs,
  lapseMs: durations.leaseDurationMs + OVERSLEEP_MS,
};

/** What a run came to. */
export interface Report {
  /** What must never happen, or had to happen and did not. */
  readonly failures: readonly string[];
  /** Terms in which something was written. */
  readonly terms: number;
  readonly accepted: number;
  /** Writes that the fence refused. */
  readonly refused: number;
}

/** Members elect leaders over the backend while the rounds are conducted; then everything is healed, and what was done is checked. */
export async function chaos(backend: Backend, rounds: readonly Round[], members = 3): Promise<Report> {
  const resource = new Resource();
  const options = { ...durations, backend, members, election: `chaos-${crypto.randomUUID()}`, writeEveryMs: 5 };
  await using ensemble = await Ensemble.start(options, (message, member) => resource.hear(message, member));
  const failures: string[] = [];
  if (!(await until(() => resource.last !== undefined, patience.failoverMs))) failures.push('nobody led at the beginning');
  for (const round of rounds) failures.push(...(await conduct(round, ensemble, resource, patience)));
  failures.push(...(await settled(ensemble, resource)), ...violations(resource));
  if (failures.length > 0) failures.push(...ensemble.members.map(({ identity, said }) => `${identity} said at last: ${said}`));
  const accepted = resource.attempts.filter((attempt) => attempt.accepted);
  return {
    failures,
    terms: new Set(accepted.map(({ token }) => token)).size,
    accepted: accepted.length,
    refused: resource.attempts.length - accepted.length,
  };
}

/** Once all is well again, one leads within a lease and the margin, all others follow it, and it writes. */
async function settled(ensemble: Ensemble, resource: Resource): Promise<string[]> {
  const before = resource.count;
  let found = '';
  const agreed = await until(async () => {
    const statuses = await Promise.all(ensemble.members.map((member) => member.status()));
    found = statuses.map((status) => `${status?.role} of ${status?.leader}`).join(', ');
    const leaders = statuses.filter((status) => status?.role === 'leading');
    const known = new Set(statuses.map((status) => status?.leader));
    return leaders.length === 1 && known.size === 1 && resource.count > before;
  }, patience.failoverMs);
  return agreed ? [] : [`no one leader ${patience.failoverMs} ms after all was healed: ${found}`];
}
