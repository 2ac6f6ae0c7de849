import { settleMs } from './bounds.ts';
import type { Candidate } from './candidate.ts';
import { attempt } from './exams.ts';
import type { Trial } from './exams.ts';
import { demandsExclusion } from './judge-standing.ts';
import { weigh } from './load.ts';
import type { World } from './world.ts';

const LOOK_EVERY_MS = 100;
/** One who leads for so many retry periods with nobody else may be examined. */
const SETTLED_PERIODS = 3;

/** Looks on once all is calm: that one comes to lead, that the exam is passed, and that all end when they are stopped. */
export class Proctor {
  readonly #world: World;
  over = false;

  constructor(world: World) {
    this.#world = world;
    world.agenda.at(world.scenario.calmAtMs, () => this.#calm());
  }

  #calm(): void {
    const world = this.#world;
    world.log(undefined, 'ALL IS CALM');
    world.calm = true;
    world.network.calm = true;
    world.server.calm = true;
    world.server.fault = undefined;
    for (const candidate of world.candidates) {
      candidate.link.cut = undefined;
      candidate.link.slowMs = 0;
      candidate.calmDown();
    }
    this.#settle(world.agenda.nowMs, undefined, world.agenda.nowMs);
  }

  /** Waits for one leader, whom nobody of better rank will ask to hand over any more. */
  #settle(calmAtMs: number, leader: Candidate | undefined, sinceMs: number): void {
    const world = this.#world;
    const { nowMs } = world.agenda;
    for (const candidate of world.candidates) candidate.start();
    const leaders = world.candidates.filter(({ leads }) => leads);
    const byMs = calmAtMs + settleMs(world);
    world.demand(
      leaders.length === 1 || nowMs < byMs,
      'Lv0',
      `${leaders.length} lead ${(nowMs - calmAtMs).toFixed(0)} ms after all is calm`,
    );
    const now = leaders.length === 1 ? leaders[0] : undefined;
    const since = now === leader ? sinceMs : nowMs;
    if (now !== undefined && isFresh(now) && nowMs - since >= settledMs(world, now)) return this.#examine(now);
    this.#later(() => this.#settle(calmAtMs, now, since));
  }

  #examine(leader: Candidate): void {
    const world = this.#world;
    const { exam } = world.scenario;
    world.log(undefined, `EXAM ${exam}, ${leader.identity} leads`);
    const before = world.candidates.map(({ requests, stream }) => ({ ...requests, watched: stream.alive }));
    const takings = world.counts.get('request.acquire') ?? 0;
    const { termId } = leader.term!;
    const { lastBegun } = world;
    const trial = attempt(exam, world, leader);
    world.count(`exam.${trial === undefined ? 'none' : exam}`);
    if (trial === undefined) return this.#close();
    const beganAtMs = world.agenda.nowMs;
    const end = (): void => {
      trial.finally?.();
      if (exam === 'quiet' && demandsExclusion(world.scenario)) weigh(world, leader, before, world.agenda.nowMs - beganAtMs);
      this.#close();
    };
    if (trial.successor === undefined) this.#stable(termId, leader, beganAtMs + (trial.stableMs ?? 0), end);
    else this.#succeeded(trial, lastBegun, takings, end);
  }

  #stable(termId: string, leader: Candidate, untilMs: number, end: () => void): void {
    const world = this.#world;
    const reason = leader.term?.aborted ?? 'its work has ended';
    world.demand(leader.leads && leader.term?.termId === termId, 'Lv4', `${termId} does not go on: ${reason}`);
    if (world.agenda.nowMs >= untilMs) return end();
    this.#later(() => this.#stable(termId, leader, untilMs, end));
  }

  /** Whoever began counts, also if the lease has been handed on since, to somebody of better rank. */
  #succeeded(trial: Trial, before: World['lastBegun'], takings: number, end: () => void): void {
    const world = this.#world;
    const { byMs, rule, node } = trial.successor!;
    if (world.lastBegun === before) {
      const lateMs = world.agenda.nowMs - LOOK_EVERY_MS - byMs();
      world.demand(lateMs <= 0, rule, `nobody leads, ${lateMs.toFixed(0)} ms after somebody should`);
      return this.#later(() => this.#succeeded(trial, before, takings, end));
    }
    const successor = world.lastBegun!.by;
    world.demand(node === undefined || node === successor.node, rule, `${successor.identity} leads, and was not meant to`);
    const written = (world.counts.get('request.acquire') ?? 0) - takings;
    world.count('failover');
    for (let write = 0; write < written; write++) world.count('failover.writes');
    world.demand(written <= world.candidates.length + 1, 'Lv6', `${written} writes were sent for one free lease`);
    return end();
  }

  /** Everybody is stopped; what that has to lead to is judged in every step. */
  #close(): void {
    const world = this.#world;
    world.log(undefined, 'ALL ARE STOPPED');
    for (const candidate of world.candidates) {
      candidate.link.cut = undefined;
      candidate.stop();
    }
    const longestMs = Math.max(
      ...world.candidates.map(({ plan: { timing, rate } }) => (5 * timing.requestTimeoutMs + 300) / rate),
    );
    world.agenda.after(longestMs, () => {
      for (const { elector, stream, term, identity } of world.candidates) {
        const ended = elector === undefined || (elector.state.role.kind === 'idle' && term === undefined);
        world.demand(ended, 'Lv8', `${identity} goes on ${longestMs.toFixed(0)} ms after it was stopped, and its work has ended`);
        const at = { monoMs: 0, wallMs: 0 };
        const closed = elector === undefined || (stream.closed && elector.wakeAtMs(at) === Number.POSITIVE_INFINITY);
        world.demand(closed, 'S8', `${identity} wants to be woken after its end`);
      }
      this.over = true;
    });
  }

  #later(look: () => void): void {
    this.#world.agenda.after(LOOK_EVERY_MS, look);
  }
}

/** Whether its last renewal went well: a failure that is tried counts from then. */
function isFresh({ elector, plan, machine }: Candidate): boolean {
  const { role, pending } = elector!.state;
  if (role.kind !== 'leading' || pending !== undefined) return false;
  return machine.now().monoMs - role.tenure.confirmed.monoMs < 1.1 * plan.timing.retryPeriodMs;
}

/** With ranks it takes longer: the better candidate reads once in a lease, asks, and the work ends. */
function settledMs({ candidates }: World, { plan, rank }: Candidate): number {
  const better = candidates.filter((other) => !other.plan.observes && other.rank < rank);
  const askMs = better.map((other) => (2 * other.plan.timing.leaseDurationMs) / other.plan.rate);
  return Math.max((SETTLED_PERIODS * plan.timing.retryPeriodMs) / plan.rate, ...askMs);
}
