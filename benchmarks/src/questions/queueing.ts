import Bottleneck from 'bottleneck';
import * as cockatiel from 'cockatiel';
import { bulkhead, pipeline } from 'holdfast';
import pLimit from 'p-limit';
import type { Answer, Effort, Question, Row } from '../answer.ts';
import { costOfCancelling, PLACES } from './queueing/cancelling.ts';
import type { Place, SubmitCancellable } from './queueing/cancelling.ts';
import { costOfHandOver } from './queueing/handing-over.ts';
import type { Submit } from './queueing/handing-over.ts';
import { median } from '../harness/statistics.ts';

/** One permit, and a queue nobody is refused by or waits too long in. */
const ONE = { concurrency: 1, queue: 1_000_000, queueTimeoutMs: 600_000 } as const;

interface Subject {
  readonly name: string;
  readonly ours: boolean;
  /** A fresh queue. */
  readonly make: () => Submit;
  /** Where a long queue takes minutes to run empty, and is abandoned instead. */
  readonly abandoned?: true;
  /** Where a hand-over takes milliseconds, a hundredth of them must do. */
  readonly slow?: true;
  /** Where one who waits can be taken out of the queue. */
  readonly cancellable?: () => SubmitCancellable;
}

/** Calls come from a hundred tenants, and with every priority. */
const CALLS = Array.from({ length: 100 }, (_, index) => ({
  key: `tenant ${index}`,
  criticality: (['critical_plus', 'critical', 'sheddable_plus', 'sheddable'] as const)[index % 4]!,
}));

function ours(name: string, options: Parameters<typeof bulkhead>[0]): Subject {
  const make = (): SubmitCancellable => {
    const line = pipeline(name, bulkhead({ ...ONE, ...options }));
    let next = 0;
    return (operation, signal) => {
      const { key, criticality } = CALLS[next++ % CALLS.length]!;
      return line.run(operation, { key, criticality, signal });
    };
  };
  return { name, ours: true, make: () => make() as Submit, cancellable: make };
}

const SUBJECTS: readonly Subject[] = [
  ours('bulkhead, fifo', {}),
  ours('bulkhead, priority', { order: 'priority' }),
  ours('bulkhead, fair between 100 keys', { fair: true }),
  { name: 'p-limit', ours: false, make: () => pLimit(1) },
  {
    name: 'cockatiel bulkhead',
    ours: false,
    abandoned: true,
    make() {
      const policy = cockatiel.bulkhead(1, ONE.queue);
      return (operation) => policy.execute(operation);
    },
  },
  {
    name: 'bottleneck',
    ours: false,
    abandoned: true,
    slow: true,
    make() {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      return (operation) => limiter.schedule(operation);
    },
  },
];

const EXTENT = {
  short: { waiters: [10, 1_000, 10_000], handOvers: 1_000, leavings: 100, rounds: 3 },
  full: { waiters: [10, 100, 1_000, 10_000, 100_000], handOvers: 10_000, leavings: 1_000, rounds: 7 },
} as const;

/** Warm enough for V8's last tier, whose code all queues then run with. */
const WARM_UP = { waiters: 100, handOvers: 20_000, leavings: 5_000 };

/** The costs of one subject with so many waiters, in nanoseconds, of all rounds. */
class Costs {
  readonly handingOver: number[] = [];
  readonly cancelling: Readonly<Record<Place, number[]>> = { front: [], middle: [], random: [] };
}

async function costsOf(subject: Subject, effort: Effort): Promise<ReadonlyMap<number, Costs>> {
  const { waiters, handOvers, leavings, rounds } = EXTENT[effort];
  const handOver = (waiters: number, handOvers: number): Promise<number> =>
    costOfHandOver(subject.make(), waiters, subject.slow ? handOvers / 100 : handOvers, !subject.abandoned);
  await handOver(WARM_UP.waiters, WARM_UP.handOvers);
  if (subject.cancellable) await costOfCancelling(subject.cancellable(), WARM_UP.waiters, 'random', WARM_UP.leavings);
  const costs = new Map(waiters.map((count) => [count, new Costs()]));
  for (let round = 0; round < rounds; round++) {
    for (const [count, { handingOver, cancelling }] of costs) {
      handingOver.push(await handOver(count, handOvers));
      if (subject.cancellable === undefined) continue;
      for (const place of PLACES) {
        cancelling[place].push(await costOfCancelling(subject.cancellable(), count, place, leavings));
      }
    }
  }
  return costs;
}

/** By how much a cost has grown since the fewest waiters, of the same round each: what else the machine did hits both. */
function growthOf(costs: readonly number[], few: readonly number[]): number | null {
  return costs.length === 0 ? null : median(costs.map((cost, round) => cost / few[round]!));
}

function rowsOf({ name, ours }: Subject, costs: ReadonlyMap<number, Costs>): Row[] {
  const few = costs.values().next().value!;
  return [...costs].map(([waiters, { handingOver, cancelling }]) => ({
    subject: name,
    ours,
    waiters,
    handOver: median(handingOver),
    handOverGrowth: growthOf(handingOver, few.handingOver),
    cancelFront: medianOrNull(cancelling.front),
    cancelMiddle: medianOrNull(cancelling.middle),
    cancelRandom: medianOrNull(cancelling.random),
    cancelGrowth: growthOf(cancelling.random, few.cancelling.random),
  }));
}

const medianOrNull = (values: readonly number[]): number | null => (values.length === 0 ? null : median(values));

async function ask(effort: Effort): Promise<Answer> {
  const { handOvers, leavings, rounds } = EXTENT[effort];
  const rows: Row[] = [];
  for (const subject of SUBJECTS) rows.push(...rowsOf(subject, await costsOf(subject, effort)));
  return {
    id: 'queueing',
    title: 'Does waiting in a queue cost more when the queue is long?',
    about: `One permit and so many waiters. A hand-over is one call that ends, the next that begins, and a new one that joins the queue, \
so the queue keeps its length; ${handOvers} in a row, everything about a call included (a hundredth as many for \
Bottleneck, which waits for a system timer at each). Cancelling is an \`abort()\` of the signal of one \
waiter, until its promise has rejected, ${leavings} at each place in the queue; a new one joins for each, which is not counted. \
Medians of ${rounds} rounds that take the lengths in turn; *growth* is the cost in relation to that with 10 waiters in the same round.

With 100 000 waiters some of the growth is the memory of any queue: its calls live long enough for the garbage collector to move them, \
and no longer lie in the processor's cache. p-limit and Bottleneck cannot cancel one who waits, and cockatiel lets a cancelled call stand \
in the queue until its turn comes: nothing there to measure.`,
    columns: [
      { key: 'waiters', title: 'waiters', unit: 'count' },
      { key: 'handOver', title: 'hand-over', unit: 'ns' },
      { key: 'handOverGrowth', title: 'growth', unit: 'ratio' },
      { key: 'cancelFront', title: 'cancel the first', unit: 'ns' },
      { key: 'cancelMiddle', title: 'one in the middle', unit: 'ns' },
      { key: 'cancelRandom', title: 'any', unit: 'ns' },
      { key: 'cancelGrowth', title: 'growth', unit: 'ratio' },
    ],
    rows,
    charts: [
      {
        kind: 'lines',
        title: 'Handing over one permit, by calls that wait',
        x: 'waiters',
        y: 'handOver',
        series: 'subject',
        logarithmicX: true,
        logarithmicY: true,
      },
      {
        kind: 'lines',
        title: 'Cancelling any call that waits, by calls that wait',
        x: 'waiters',
        y: 'cancelRandom',
        series: 'subject',
        logarithmicX: true,
      },
    ],
  };
}

export const question: Question = { id: 'queueing', ask };
