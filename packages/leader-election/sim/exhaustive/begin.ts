import { apply } from './apply.ts';
import type { Action } from './action.ts';
import type { Scope } from './scope.ts';
import { settingsOf, TIMES } from './world.ts';
import type { ElectorClass, Node, World } from './world.ts';

type Take = (world: World, ...actions: Action[]) => World;

/** Where the paths of a scope begin: reached from nothing by steps like all others. */
export function beginningOf(scope: Scope, Machine: ElectorClass): World {
  const take: Take = (world, ...actions) => actions.reduce((before, action) => apply(before, action, scope, Machine), world);
  let world = started(scope, Machine, take);
  if (scope.from === 'cold') return world;
  while (world.nodes[0]!.elector.state.role.kind !== 'leading') world = goOn(world, 0, take);
  for (let node = 1; node < scope.nodes; node++) world = goOn(world, node, take);
  if (scope.from === 'lost') return take(world, { kind: 'pass', node: 0, ms: TIMES.leaseDurationMs - 1 });
  if (scope.from === 'unanswered') return renewedUnanswered(world, scope, take);
  if (scope.from === 'stopping') return { ...take(world, { kind: 'stop', node: 0 }), rareLeft: scope.rareAtMost };
  return world;
}

/** A renewal reaches the store, and the others see it before the answer to it is back. */
function renewedUnanswered(world: World, { nodes, watch }: Scope, take: Take): World {
  let next = take(world, { kind: 'wake', node: 0 }, { kind: 'arrive', message: 0 });
  for (let node = 1; node < nodes; node++) {
    next = watch ? take(next, { kind: 'see', node, revision: next.revision }) : goOn(goOn(next, node, take), node, take);
  }
  return next;
}

/** The request of this node arrives, and its answer, which comes to stand at the end; if there is none, it wakes. */
function goOn(world: World, node: number, take: Take): World {
  const message = world.messages.findIndex((one) => one.node === node);
  if (message === -1) return take(world, { kind: 'wake', node });
  return take(world, { kind: 'arrive', message }, { kind: 'answer', message: -1 });
}

function started(scope: Scope, Machine: ElectorClass, take: Take): World {
  const nodes = Array.from({ length: scope.nodes }, (_, index): Node => {
    const name = String.fromCharCode('a'.charCodeAt(0) + index);
    return {
      name,
      life: 0,
      up: false,
      over: false,
      elector: new Machine(settingsOf(name, 0, scope.ranks?.[index] ?? 0)),
      work: undefined,
      begun: 0,
      ended: true,
      monoAheadMs: 0,
      wallAheadMs: 0,
    };
  });
  const nothing: World = {
    nowMs: 0,
    nodes,
    lease: undefined,
    revision: 0n,
    versions: [],
    messages: [],
    won: new Map(),
    rareLeft: 0,
  };
  const world = take(nothing, ...nodes.map((_, node): Action => ({ kind: 'restart', node })));
  return { ...world, rareLeft: scope.rareAtMost };
}
