import type { Action } from './action.ts';
import { apply } from './apply.ts';
import type { Scope } from './scope.ts';
import { demand } from './violation.ts';
import { at, TIMES } from './world.ts';
import type { ElectorClass, Node, World } from './world.ts';

/** The longest that anything keeps a candidate away: a rest and a lease, one after the other, and a few requests. */
const RECOVERY_MS = 2 * TIMES.leaseDurationMs + 2 * TIMES.requestTimeoutMs + 4 * TIMES.retryPeriodMs;

/**
 * From here on nothing goes wrong: every message arrives, work that is told to end does, alarms ring in time. Then somebody must lead
 * soon, if anybody may; and whoever was told to stop must have finished.
 * @returns the world then. @throws {Violation} L1
 */
export function checkRecovery(world: World, scope: Scope, Machine: ElectorClass): World {
  const calm = { ...scope, watch: false };
  let present = world;
  while (!isWell(present)) {
    const action = nextOf(present);
    if (action === undefined) return present; // nobody is left
    present = apply(present, action, calm, Machine);
    demand(present.nowMs - world.nowMs <= RECOVERY_MS, 'L1', `after ${RECOVERY_MS} ms in which nothing went wrong nobody leads`);
  }
  return present;
}

function isWell(world: World): boolean {
  const present = world.nodes.filter(({ up, over }) => up && !over);
  return present.every(({ elector }) => !elector.state.stopping) && present.some((node) => leads(world, node));
}

function leads(world: World, node: Node): boolean {
  return node.work?.aborted === false && node.elector.validityOf(node.work.termId, at(world, node)) === 'held';
}

function nextOf({ messages, nodes }: World): Action | undefined {
  const first = messages[0];
  if (first !== undefined) return { kind: first.answer === undefined ? 'arrive' : 'answer', message: 0 };
  const done = nodes.findIndex(({ work }) => work?.aborted === true);
  if (done !== -1) return { kind: 'settle', node: done };
  const wakes = nodes.map(({ up, over, elector, monoAheadMs }, node) => ({
    node,
    atMs: up && !over ? elector.wakeAtMs({ monoMs: 0, wallMs: 0 }) - monoAheadMs : Number.POSITIVE_INFINITY,
  }));
  const { node, atMs } = wakes.reduce((earliest, one) => (one.atMs < earliest.atMs ? one : earliest));
  return atMs === Number.POSITIVE_INFINITY ? undefined : { kind: 'wake', node };
}
