import type { Effort } from '../answer.ts';
import { bytesPerCall } from './bytes.ts';
import { latency } from './latency.ts';
import { median, spread } from './statistics.ts';
import type { Spread } from './statistics.ts';
import { checkOnce, operation } from './subject.ts';
import type { Subject } from './subject.ts';
import { nextTurn, now, turn } from './turn.ts';
import type { Cost } from './turn.ts';

export interface Comparison {
  readonly name: string;
  readonly ours: boolean;
  /** Cost of a call × that of the bare one in the neighbouring turn. */
  readonly ratio: Spread;
  /** The same of computing time, the median: what a machine busy with other things tells, too. */
  readonly cpuRatio: number;
  readonly ns: number;
  readonly bareNs: number;
  /** Of calls timed one by one, a reading of the clock included. */
  readonly p50Ns: number;
  readonly p99Ns: number;
  /** What a call leaves to the collector beyond what the bare one does. */
  readonly bytes: number | null;
}

interface Plan {
  readonly rounds: number;
  readonly warmUpCalls: number;
  readonly warmUpMs: number;
  readonly timedCalls: number;
  readonly timedMs: number;
}

/** V8 has optimised a call after some ten thousand; the limits in milliseconds are for peers that take milliseconds a call. */
const PLANS: Record<Effort, Plan> = {
  short: { rounds: 25, warmUpCalls: 15_000, warmUpMs: 150, timedCalls: 4_000, timedMs: 100 },
  full: { rounds: 120, warmUpCalls: 40_000, warmUpMs: 600, timedCalls: 40_000, timedMs: 1_000 },
};

/**
 * How long a turn takes, the bare one's too: so what else the machine does hits both alike. Long enough that a turn pays for the
 * collection of its own garbage (a minor one every 4 MB), short enough that the machine is the same in two neighbours.
 */
const TURN_MS = 4;

/** A subject with the number of calls that fill a turn. */
interface Entrant {
  readonly subject: Subject;
  calls: number;
  bareCalls: number;
  readonly costs: Cost[];
  readonly bareCosts: Cost[];
}

/**
 * What each subject costs, as a ratio to its bare call. Turn by turn, in rounds over all subjects, each next to its bare call (in
 * every other round before it), and the ratio of each pair is taken: whatever slows the machine for longer than a turn cancels out.
 *
 * The loop is our own, because mitata measures one subject to its end before the next: minutes lie between subject and bare, and a
 * machine that slows down meanwhile makes the difference.
 * @throws {Error} when a single call of a subject does not end as expected.
 */
export async function compare(subjects: readonly Subject[], { effort }: { effort: Effort }): Promise<Comparison[]> {
  const plan = PLANS[effort];
  const entrants = subjects.map(enter);
  for (const { subject } of entrants) {
    await subject.setUp?.();
    await checkOnce(subject);
  }
  // Twice: what is measured later makes optimised code of what came before invalid, where they share it.
  for (let pass = 0; pass < 2; pass++) for (const entrant of entrants) await warmUp(entrant, plan);
  for (let round = 0; round < plan.rounds; round++) for (const entrant of entrants) await measurePair(entrant, round % 2 === 0);
  const comparisons: Comparison[] = [];
  for (const entrant of entrants) comparisons.push(await finish(entrant, plan));
  for (const { subject } of entrants) await subject.tearDown?.();
  return comparisons;
}

function enter(subject: Subject): Entrant {
  return { subject, calls: 1, bareCalls: 1, costs: [], bareCosts: [] };
}

async function warmUp(entrant: Entrant, plan: Plan): Promise<void> {
  const { subject } = entrant;
  entrant.calls = await fill((calls) => subjectTurn(subject, calls), plan);
  entrant.bareCalls = await fill((calls) => bareTurn(subject, calls), plan);
}

/** @returns how many calls fill a turn, at the speed reached in the end. */
async function fill(take: (calls: number) => Promise<Cost>, plan: Plan): Promise<number> {
  const end = now() + plan.warmUpMs * 1e6;
  let calls = 1;
  for (let done = 0; done < plan.warmUpCalls && now() < end; done += calls) {
    const { ns } = await take(calls);
    await nextTurn();
    // At most ten times as many as in the turn before: the first call tells little.
    calls = Math.max(1, Math.min(10 * calls, Math.round((TURN_MS * 1e6) / ns)));
  }
  return calls;
}

async function measurePair({ subject, calls, bareCalls, costs, bareCosts }: Entrant, bareFirst: boolean): Promise<void> {
  if (bareFirst) bareCosts.push(await bareTurn(subject, bareCalls));
  costs.push(await subjectTurn(subject, calls));
  if (!bareFirst) bareCosts.push(await bareTurn(subject, bareCalls));
  await nextTurn();
}

/** A short run is for the budget, which is ours: it leaves the peers out. */
export function chosen(subjects: readonly Subject[], effort: Effort): readonly Subject[] {
  return effort === 'full' ? subjects : subjects.filter(({ ours }) => ours);
}

const bareTurn = ({ bare = operation, expected }: Subject, calls: number): Promise<Cost> => turn(bare, calls, expected);

const subjectTurn = (subject: Subject, calls: number): Promise<Cost> =>
  within(subject, () => turn(subject.call, calls, subject.expected));

async function within<T>({ during }: Subject, run: () => Promise<T>): Promise<T> {
  const end = during?.();
  try {
    return await run();
  } finally {
    end?.();
  }
}

async function finish({ subject, costs, bareCosts }: Entrant, plan: Plan): Promise<Comparison> {
  const { name, ours, call, bare = operation } = subject;
  const { p50Ns, p99Ns } = await within(subject, () => latency(call, plan.timedCalls, plan.timedMs));
  const bareBytes = await bytesPerCall(bare);
  const bytes = await within(subject, () => bytesPerCall(call));
  return {
    name,
    ours,
    ratio: spread(costs.map(({ ns }, i) => ns / bareCosts[i]!.ns)),
    cpuRatio: median(costs.map(({ cpuNs }, i) => cpuNs / bareCosts[i]!.cpuNs)),
    ns: median(costs.map(({ ns }) => ns)),
    bareNs: median(bareCosts.map(({ ns }) => ns)),
    p50Ns,
    p99Ns,
    bytes: bytes === null || bareBytes === null ? null : bytes - bareBytes,
  };
}
