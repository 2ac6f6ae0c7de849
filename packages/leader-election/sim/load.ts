import type { Candidate, Requests } from './candidate.ts';
import type { World } from './world.ts';

/** What a minute of calm may cost at 15 s, 10 s and 2 s. A few more come with the beginning and the end of what is counted. */
const LEADER_WRITES_A_MINUTE = 30;
const FOLLOWER_REQUESTS_A_MINUTE = 4.2;
const MINUTE_MS = 60_000;

/** What everybody had asked before, and whether a watch told. */
export interface Before extends Requests {
  readonly watched: boolean;
}

/** Counts what everybody has asked of the store in a calm time. @throws {Violation} */
export function weigh(world: World, leader: Candidate, before: readonly Before[], overMs: number): void {
  for (const candidate of world.candidates) {
    const { plan, requests, node, identity } = candidate;
    const minutes = (overMs * plan.rate) / MINUTE_MS;
    const reads = requests.reads - before[node]!.reads;
    const writes = requests.writes - before[node]!.writes;
    const { retryPeriodMs, leaseDurationMs } = plan.timing;
    if (candidate === leader) {
      const most = (minutes * LEADER_WRITES_A_MINUTE * 2_000) / retryPeriodMs + 1;
      world.demand(
        writes <= most && reads <= 1,
        'load',
        `${identity} leads, with ${writes} writes and ${reads} reads; ${most.toFixed(1)} at most`,
      );
      continue;
    }
    // Each hint is a read; and so is a silence that is long for whoever expects more renewals than the leader sends.
    if (world.scenario.store.watch === 'hints' || retryPeriodMs < leader.plan.timing.retryPeriodMs) continue;
    const watched = world.scenario.store.watch === 'changes' && before[node]!.watched && candidate.stream.alive;
    const most = watched
      ? (minutes * FOLLOWER_REQUESTS_A_MINUTE * 15_000) / leaseDurationMs + 2
      : (minutes * MINUTE_MS) / retryPeriodMs + 1;
    world.demand(
      writes === 0 && reads <= most,
      'load',
      `${identity} follows, with ${writes} writes and ${reads} reads; ${most.toFixed(1)} at most`,
    );
  }
}
