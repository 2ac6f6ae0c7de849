import { setTimeout as delay } from 'node:timers/promises';
import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { quantile } from '../../../benchmarks/src/harness/statistics.ts';
import type { Backend } from '../test/chaos/backend.ts';
import type { MemberProcess } from '../test/chaos/member-process.ts';
import type { Requests } from '../test/chaos/messages.ts';
import { sharedNowMs } from '../test/chaos/shared-clock.ts';
import { defaults } from './defaults.ts';
import { MeasuredElection } from './election.ts';
import type { Section } from './section.ts';
import { clientGoRequests } from './simulation/client-go.ts';

const WINDOW_MS = 300_000;

const columns: readonly Column[] = [
  { key: 'leaderWrites', title: 'leader, writes', unit: 'count' },
  { key: 'leader', title: 'leader, all', unit: 'count' },
  { key: 'follower', title: 'follower, all', unit: 'count' },
  { key: 'readP50', title: 'a read, p50', unit: 'ms' },
  { key: 'readP99', title: 'p99', unit: 'ms' },
  { key: 'writeP50', title: 'a write, p50', unit: 'ms' },
  { key: 'writeP99', title: 'p99', unit: 'ms' },
];

export const requests: Section = {
  id: 'requests',
  title: 'How much is asked of the store?',
  about: `Three processes at the default durations, undisturbed for ${WINDOW_MS / 60_000} minutes: requests a minute that the leader and each follower \
make of their store (a watch counts once, when it begins), and how long the answers took meanwhile. Watches of a server bring the lease, and a \
follower reads once in a lease, to be sure; that of a file tells only that there was a write, and the follower reads the file. client-go’s loops come to ${clientGoRequests.leader} writes of a leader \
and ${clientGoRequests.follower} reads of a follower ([\`client-go.ts\`](../packages/leader-election/figures/simulation/client-go.ts)).`,
  columns,
  charts: [],
};

export async function measureRequests(backend: Backend): Promise<Row> {
  const took = { read: [] as number[], write: [] as number[] };
  let calm = false;
  await using election = await MeasuredElection.start(backend, defaults, (message) => {
    if (calm && message.type === 'took') took[message.kind].push(message.ms);
  });
  const { leader, followers } = await election.ready();
  calm = true;
  const members = [leader, ...followers].map(({ member }) => member);
  const before = await Promise.all(members.map(requestsOf));
  const beganMs = sharedNowMs();
  await delay(WINDOW_MS);
  const after = await Promise.all(members.map(requestsOf));
  const minutes = (sharedNowMs() - beganMs) / 60_000;
  if ((await election.ready()).leader !== leader) throw new Error('The leader changed: what was counted is of neither');
  const [led, ...followed] = after.map((now, index) => difference(now, before[index]!, minutes));
  const follower = followed.reduce((sum, { all }) => sum + all, 0) / followed.length;
  const times = (['read', 'write'] as const).map((kind) => ({
    [`${kind}P50`]: quantile(took[kind], 0.5),
    [`${kind}P99`]: quantile(took[kind], 0.99),
  }));
  return { subject: backend.name, ours: true, leaderWrites: led!.writes, leader: led!.all, follower, ...times[0], ...times[1] };
}

async function requestsOf(member: MemberProcess): Promise<Requests> {
  const status = await member.status();
  if (status === undefined) throw new Error(`${member.identity} has ended`);
  return status.requests;
}

function difference(now: Requests, before: Requests, minutes: number): { readonly writes: number; readonly all: number } {
  const all = now.reads + now.writes + now.watches - before.reads - before.writes - before.watches;
  return { writes: round((now.writes - before.writes) / minutes), all: round(all / minutes) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
