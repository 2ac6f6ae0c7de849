import { handOverByMs, isReady, takeoverByMs } from './bounds.ts';
import type { Candidate } from './candidate.ts';
import { demandsExclusion } from './judge-standing.ts';
import type { Exam } from './scenario.ts';
import type { Rule } from './violation.ts';
import type { World } from './world.ts';

/** What is tried on a calm system in which `leader` leads, and what must come of it. Times are true ones. */
export interface Trial {
  /** Until then somebody else must lead, by this rule. */
  readonly successor?: { readonly byMs: () => number; readonly rule: Rule; readonly node?: number };
  /** For so long nobody else may lead, and the term must go on. */
  readonly stableMs?: number;
  /** Looked at when it is over. */
  readonly finally?: () => void;
}

type Try = (world: World, leader: Candidate) => Trial | undefined;

/** @returns nothing if this cannot be tried here. */
export function attempt(exam: Exam, world: World, leader: Candidate): Trial | undefined {
  const others = world.candidates.filter((candidate) => candidate !== leader && candidate.up && !candidate.plan.observes);
  if (others.length === 0 && exam !== 'quiet' && exam !== 'blip' && exam !== 'jump') return undefined;
  return tries[exam](world, leader);
}

const tries: Record<Exam, Try> = {
  quiet: () => ({ stableMs: QUIET_MS }),
  crash: (world, leader) => replaced(world, leader, () => leader.crash()),
  isolate: (world, leader) => replaced(world, leader, () => void (leader.link.cut = 'both')),
  stop: (world, leader) => handedOver(world, () => leader.stop()),
  deaf: (world, leader) => {
    for (const { stream } of world.candidates) stream.deafen();
    return handedOver(world, () => leader.stop());
  },
  resign: (world, leader) => {
    const heir = world.candidates.find(
      (candidate) => candidate !== leader && candidate.up && !candidate.plan.observes && isReady(world, candidate),
    );
    const preferred = world.candidates.every(({ plan, rank }) => plan.observes || rank >= (heir?.rank ?? 0)); // else it is asked to hand over
    if (heir === undefined || !preferred || world.candidates.some(({ stream, up }) => up && !stream.alive)) return undefined;
    return handedOver(world, () => leader.tell({ type: 'resign', to: heir.identity }), heir.node);
  },
  blip,
  cold,
  jump,
};

const QUIET_MS = 60_000;
/** Of one message, once all is calm. */
const LONGEST_DELAY_MS = 30;
/** Work that behaves ends, and the release goes through. */
const RELEASED_MS = 500;

/** Lv1: replaced within a lease of its last renewal, and some retries. */
function replaced(world: World, leader: Candidate, happens: () => void): Trial {
  const { term, plan, elector } = leader;
  const underWay = elector?.state.pending !== undefined;
  const writtenAtMs = underWay ? world.agenda.nowMs + LONGEST_DELAY_MS : term!.writtenAtMs;
  happens();
  const byMs = takeoverByMs(world, plan.timing.leaseDurationMs, writtenAtMs);
  return { successor: { byMs: () => byMs, rule: 'Lv1' } };
}

/** Lv2: within a retry period of the release, if its work ends as it should. */
function handedOver(world: World, happens: () => void, node?: number): Trial {
  const before = world.lastRelease;
  const releasedByMs = world.agenda.nowMs + RELEASED_MS;
  let byMs: number | undefined;
  happens();
  const successor = {
    rule: 'Lv2' as const,
    // What the followers could do when the lease was released counts, not what they can do later.
    byMs: () => {
      if (world.lastRelease === before) return releasedByMs;
      byMs ??= handOverByMs(world, world.lastRelease!.atMs);
      return byMs;
    },
  };
  return { successor: node === undefined ? successor : { ...successor, node } };
}

/** Lv4: a failure shorter than deadline minus period minus time-out changes nothing. */
function blip(world: World, leader: Candidate): Trial | undefined {
  const { timing, rate } = leader.plan;
  const { renewDeadlineMs, retryPeriodMs, requestTimeoutMs } = timing;
  const forMs = (renewDeadlineMs - retryPeriodMs - requestTimeoutMs - 100) / rate - 100;
  if (forMs <= 0 || !demandsExclusion(world.scenario)) return undefined; // on clocks that differ too much others may take it
  const faults = ['silence', '5xx', '401', '403', '429', 'refusal'] as const;
  world.server.fault = faults[leader.node % faults.length]!;
  world.agenda.after(forMs, () => void (world.server.fault = undefined));
  return { stableMs: forMs + renewDeadlineMs / rate };
}

/** Lv5: all are gone, and come back to a record that nobody renews. */
function cold(world: World, leader: Candidate): Trial {
  const leaseMs = leader.plan.timing.leaseDurationMs;
  const { nowMs } = world.agenda;
  const startsAtMs = nowMs + (world.scenario.seed % 7) * 1_000;
  for (const candidate of world.candidates) candidate.crash();
  let byMs = Number.POSITIVE_INFINITY;
  world.agenda.at(startsAtMs, () => {
    for (const candidate of world.candidates) candidate.start();
    byMs = takeoverByMs(world, leaseMs, startsAtMs);
  });
  return { successor: { byMs: () => byMs, rule: 'Lv5' } };
}

/** Lv9: the wall clock is set forward. The term goes on, and is held again one renewal after its work has noticed. */
function jump(world: World, leader: Candidate): Trial {
  const { machine, plan, term } = leader;
  const settledMs = (Math.min(world.scenario.work.maxGapMs, 1.1 * plan.timing.retryPeriodMs) + 10) / plan.rate + 2 * 65;
  machine.clock.stepWall(world.agenda.nowMs, world.scenario.seed % 2 === 0 ? 3_000 : 3_600_000);
  const held = (): boolean => leader.elector?.validityOf(term!.termId, machine.now()) === 'held';
  return {
    stableMs: settledMs,
    finally: () =>
      world.demand(held(), 'Lv9', `${term!.termId} is not held again ${settledMs.toFixed(0)} ms after a jump of the clock`),
  };
}
