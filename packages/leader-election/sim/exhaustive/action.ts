import type { RareEvent, Scope } from './scope.ts';
import { at, isAwaited, PAUSE_MS } from './world.ts';
import type { Message, Node, World } from './world.ts';

/** How the store fails a request. */
export type FaultKind = 'refused' | 'lost' | 'unsure' | 'throttled' | 'invalid';

/** One step of the whole. */
export type Action =
  | { readonly kind: 'arrive'; readonly message: number }
  | { readonly kind: 'copy'; readonly message: number }
  | { readonly kind: 'fault'; readonly message: number; readonly fault: FaultKind }
  | { readonly kind: 'answer'; readonly message: number }
  | { readonly kind: 'wake'; readonly node: number }
  /** Time passes, and nobody does anything. */
  | { readonly kind: 'pass'; readonly node: number; readonly ms: number }
  | { readonly kind: 'see'; readonly node: number; readonly revision: bigint }
  | { readonly kind: 'settle'; readonly node: number }
  | {
      readonly kind: 'stop' | 'resign' | 'crash' | 'restart' | 'suspend' | 'forward' | 'back' | 'stream';
      readonly node: number;
    }
  | { readonly kind: 'delete' };

/** Everything that may happen next. */
export function actionsOf(world: World, scope: Scope): Action[] {
  const actions: Action[] = [];
  const may = new Set(world.rareLeft > 0 ? scope.rare : []);
  world.messages.forEach((message, index) => actions.push(...onMessage(world, message, index, may)));
  world.nodes.forEach((node, index) => {
    if (node.up) actions.push(...onNode(world, scope, node, index, may));
    else if (may.has('crash')) actions.push({ kind: 'restart', node: index });
  });
  actions.push(...passing(world, scope, may));
  if (may.has('delete') && world.lease !== undefined) actions.push({ kind: 'delete' });
  return actions;
}

function onMessage(world: World, message: Message, index: number, may: Set<RareEvent>): Action[] {
  if (message.answer !== undefined) return [{ kind: 'answer', message: index }];
  const actions: Action[] = [{ kind: 'arrive', message: index }];
  if (message.next !== undefined && may.has('copy')) actions.push({ kind: 'copy', message: index });
  if (may.has('fault') && isAwaited(world, message)) {
    const faults: FaultKind[] = message.next === undefined ? ['refused'] : ['refused', 'lost', 'unsure', 'throttled', 'invalid'];
    actions.push(...faults.map((fault) => ({ kind: 'fault', message: index, fault }) as const));
  }
  return actions;
}

function onNode(world: World, scope: Scope, node: Node, index: number, may: Set<RareEvent>): Action[] {
  const actions: Action[] = [];
  const add = (kind: 'stop' | 'resign' | 'crash' | 'restart' | 'suspend' | 'forward' | 'back' | 'stream' | 'settle'): void => {
    actions.push({ kind, node: index });
  };
  if (node.work !== undefined && (node.work.aborted || node.over || may.has('return'))) add('settle');
  if (may.has('crash')) add('crash');
  if (node.over) {
    if (may.has('crash') && node.work === undefined) add('restart');
    return actions;
  }
  if (Number.isFinite(node.elector.wakeAtMs(at(world, node)))) actions.push({ kind: 'wake', node: index });
  if (scope.watch) actions.push(...sights(world, node, index));
  if (may.has('stream')) add('stream');
  if (may.has('stop') && !node.elector.state.stopping) add('stop');
  if (may.has('resign') && node.elector.state.role.kind === 'leading') add('resign');
  if (may.has('suspend')) add('suspend');
  if (may.has('wallClock')) {
    add('forward');
    add('back');
  }
  return actions;
}

/** A watch may show any version that the elector does not know, in any order, late, twice or never. What it knows it ignores. */
function sights({ versions }: World, { elector }: Node, node: number): Action[] {
  const { role, observation, watching } = elector.state;
  if (!watching || observation === undefined) return [];
  const known = role.kind === 'leading' || role.kind === 'draining' ? role.tenure.lease.revision : observation.revision;
  return versions.filter(({ revision }) => revision > known).map(({ revision }) => ({ kind: 'see', node, revision }));
}

/** To just before somebody's alarm, or past every lease. With clocks of one rate it passes for all, so once is enough. */
function passing(world: World, scope: Scope, may: Set<RareEvent>): Action[] {
  const actions: Action[] = [];
  const known = new Set<number>();
  world.nodes.forEach((node, index) => {
    if (!node.up || node.over) return;
    const now = at(world, node);
    const ms = node.elector.wakeAtMs(now) - now.monoMs - 1;
    const isNew = scope.clocks === 'apart' || !known.has(ms);
    if (ms > 0 && Number.isFinite(ms) && isNew) actions.push({ kind: 'pass', node: index, ms });
    known.add(ms);
    const first = scope.clocks === 'apart' || !actions.some((action) => action.kind === 'pass' && action.ms === PAUSE_MS);
    if (may.has('pause') && first) actions.push({ kind: 'pass', node: index, ms: PAUSE_MS });
  });
  return actions;
}
