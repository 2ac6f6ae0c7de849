import type { Random } from '@holdfast/core';
import type { ElectorSettings } from '../../src/elector/settings.ts';
import { settings } from '../defaults.ts';
import { World } from './world.ts';
import type { Network } from './world.ts';

/** Candidates start within this time of one another, in milliseconds. */
const START_MS = 1_000;
/** By then all have seen a renewal, and none counts from when it started. */
const SETTLED_MS = START_MS + 1.2 * settings.retryPeriodMs;
/** The leader is ended after that, at any moment of a cycle of renewals: a retry period, and half of what they spread over. */
const CYCLE_MS = 1.05 * settings.retryPeriodMs;

/** How long nobody leads, in milliseconds, after the leader crashes or is stopped, at the default durations: our own electors, on a simulated network. */
export function holdfastGapMs(how: 'crash' | 'stop', followers: number, network: Network, random: Random): number {
  const world = new World(network);
  let leader = -1;
  let endedMs = Number.POSITIVE_INFINITY;
  let nextMs: number | undefined;
  world.onBegin = (elector, atMs) => {
    if (atMs > endedMs) nextMs ??= atMs;
    else leader = elector;
  };
  for (let index = 0; index <= followers; index++) {
    world.at(random() * START_MS, () => world.add(candidate(index, random)));
  }
  const end = (): void => {
    if (leader === -1) return world.at(world.nowMs + CYCLE_MS, end); // requests were slow, and nobody leads yet
    endedMs = world.nowMs;
    if (how === 'crash') world.crash(leader);
    else world.stop(leader);
  };
  world.at(SETTLED_MS + random() * CYCLE_MS, end);
  world.runWhile(() => nextMs === undefined);
  return nextMs! - endedMs;
}

function candidate(index: number, random: Random): ElectorSettings {
  return { ...settings, identity: `candidate-${index}`, electorId: `elector-${index}`, random };
}
