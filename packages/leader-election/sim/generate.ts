import { Chance } from './chance.ts';
import { incidentsOf } from './generate-incidents.ts';
import type { Exam, NetworkPlan, NodePlan, Scenario, StorePlan, Timing, WorkPlan } from './scenario.ts';

const exams: readonly [Exam, ...Exam[]] = [
  'quiet',
  'crash',
  'crash',
  'stop',
  'stop',
  'resign',
  'isolate',
  'blip',
  'cold',
  'jump',
  'deaf',
];

/** 15 s / 10 s / 2 s as in Kubernetes, a fast set, and one with many short periods. */
const timings: readonly Omit<Timing, 'drainTimeoutMs'>[] = [
  {
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    requestTimeoutMs: 3_000,
    clockJumpMs: 250,
    rankDelayMs: 1_000,
  },
  {
    leaseDurationMs: 5_000,
    renewDeadlineMs: 3_300,
    retryPeriodMs: 800,
    requestTimeoutMs: 850,
    clockJumpMs: 250,
    rankDelayMs: 400,
  },
  {
    leaseDurationMs: 6_000,
    renewDeadlineMs: 4_000,
    retryPeriodMs: 500,
    requestTimeoutMs: 1_500,
    clockJumpMs: 250,
    rankDelayMs: 250,
  },
];

const LAST_START_MS = 5_000;

/** A run, from a number. Each kind of trouble is absent from many, so that what it hides is seen as well. */
export function generate(seed: number): Scenario {
  const chance = new Chance(seed, 'scenario');
  const nodes = nodesOf(chance);
  const longestMs = Math.max(...nodes.map(({ timing }) => timing.leaseDurationMs));
  const calmAtMs = longestMs * chance.between(1.5, 6);
  const store = storeOf(chance);
  const incidents = incidentsOf(chance, nodes, longestMs, calmAtMs);
  return { seed, nodes, network: networkOf(chance), store, work: workOf(chance), incidents, calmAtMs, exam: chance.oneOf(exams) };
}

function nodesOf(chance: Chance): NodePlan[] {
  const amount = chance.oneOf([2, 2, 3, 3, 3, 4, 5]);
  const ranked = chance.hits(0.25);
  const mixed = chance.hits(0.15);
  const timing = timingOf(chance);
  const rateOf = ratesOf(chance);
  return Array.from({ length: amount }, (_, node) => ({
    timing: mixed ? timingOf(chance) : timing,
    rank: ranked ? chance.whole(0, 2) : 0,
    rate: rateOf(),
    wallOffsetMs: chance.hits(0.3) ? chance.between(-3.6e9, 3.6e9) : 0,
    startsAtMs: chance.hits(0.5) ? 0 : chance.between(0, LAST_START_MS),
    observes: node >= 2 && chance.hits(0.1),
  }));
}

function timingOf(chance: Chance): Timing {
  const draw = chance.next();
  const timing = timings[draw < 0.4 ? 0 : draw < 0.75 ? 1 : 2]!;
  return {
    ...timing,
    drainTimeoutMs: chance.oneOf([timing.renewDeadlineMs, timing.renewDeadlineMs / 3, 2 * timing.renewDeadlineMs, 30_000]),
  };
}

/** Right; as wrong as is promised; up to where the lease still lasts longer than its deadline; and beyond. */
function ratesOf(chance: Chance): () => number {
  const kind = chance.next();
  if (kind < 0.3) return () => 1;
  if (kind < 0.8) return () => chance.between(0.95, 1.05);
  if (kind < 0.92) return () => chance.between(0.84, 1.17);
  return () => chance.between(0.6, 1.6);
}

function networkOf(chance: Chance): NetworkPlan {
  const ratio = (share: number, most: number): number => (chance.hits(share) ? chance.between(0, most) : 0);
  return {
    maxDelayMs: chance.oneOf([5, 30, 30, 300]),
    slowRatio: ratio(0.4, 0.2),
    slowMaxMs: chance.oneOf([1_000, 4_000, 12_000]),
    dropRequestRatio: ratio(0.4, 0.25),
    dropReplyRatio: ratio(0.5, 0.3),
    duplicateRatio: ratio(0.3, 0.3),
    lingerRatio: ratio(0.3, 0.1),
    lingerMaxMs: chance.between(2_000, 40_000),
  };
}

function storeOf(chance: Chance): StorePlan {
  const lossy = chance.hits(0.2);
  return {
    watch: chance.oneOf(['changes', 'changes', 'hints', 'none']),
    clock: chance.hits(0.25),
    rate: chance.between(0.97, 1.03),
    lagMaxMs: chance.oneOf([5, 50, 2_000]),
    dropChangeRatio: lossy ? chance.between(0, 0.3) : 0,
    duplicateChangeRatio: chance.hits(0.2) ? 0.2 : 0,
    aliveEveryMs: chance.hits(0.3) ? 5_000 : 0,
    faultRatio: chance.hits(0.3) ? chance.between(0, 0.2) : 0,
  };
}

function workOf(chance: Chance): WorkPlan {
  return {
    maxGapMs: chance.oneOf([600, 1_500, 3_000]),
    pauseRatio: chance.hits(0.5) ? 0.1 : 0,
    pauseMaxMs: chance.oneOf([100, 5_000, 25_000]),
    lateRatio: chance.hits(0.5) ? 0.3 : 0,
    hangRatio: chance.hits(0.25) ? 0.2 : 0,
    endRatio: chance.hits(0.25) ? 0.05 : 0,
  };
}
