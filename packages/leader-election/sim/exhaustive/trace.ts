import type { Effect } from '../../src/elector/inputs.ts';
import type { Lease } from '../../src/lease.ts';
import type { Action } from './action.ts';
import { apply } from './apply.ts';
import { beginningOf } from './begin.ts';
import type { Failure } from './explore.ts';
import type { Scope } from './scope.ts';
import { Violation } from './violation.ts';
import { at } from './world.ts';
import type { ElectorClass, Message, World } from './world.ts';

/** The path to a violation, for people: what happened at each step, what the electors wanted done, and how things stood then. */
export function traceOf(scope: Scope, { path, violation }: Failure, Machine: ElectorClass): string {
  let world = beginningOf(scope, Machine);
  const lines = [violation.message, `scope: ${scope.name}; it begins ${scope.from}`, ...stateOf(world)];
  for (const [index, action] of path.entries()) {
    lines.push(`${index + 1}. ${sayAction(world, action)}`);
    const effects: Effect[] = [];
    const next = attempt(() => apply(world, action, scope, Machine, effects));
    lines.push(...effects.map((effect) => `     ${sayEffect(effect)}`));
    if (next === undefined) break;
    world = next;
    lines.push(...stateOf(world));
  }
  return [...lines, `=> ${violation.message}`].join('\n');
}

function attempt(step: () => World): World | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof Violation) return undefined;
    throw error;
  }
}

function sayAction(world: World, action: Action): string {
  if ('message' in action) {
    const message = world.messages[action.message]!;
    if (action.kind === 'answer') return `the answer arrives: ${sayMessage(world, message)}`;
    const how = {
      arrive: '',
      copy: ', and a copy of it stays on the way',
      fault: ` and fails: ${'fault' in action ? action.fault : ''}`,
    };
    return `the store gets ${sayMessage(world, message)}${how[action.kind]}`;
  }
  if (!('node' in action)) return 'somebody deletes the lease';
  const { name } = world.nodes[action.node]!;
  if (action.kind === 'pass') return `${action.ms} ms pass (${name})`;
  if (action.kind === 'see') return `the watch of ${name} shows revision ${action.revision}`;
  return `${name}: ${action.kind}`;
}

function sayMessage({ nodes }: World, { node, request, next, answer }: Message): string {
  const what = next === undefined ? 'read' : `write ${sayRecord(next)}`;
  const came = answer === undefined ? '' : ` -> ${answer.type}${'lease' in answer ? ` ${sayLease(answer.lease)}` : ''}`;
  return `${nodes[node]!.name}#${request} ${what}${came}`;
}

function sayEffect(effect: Effect): string {
  switch (effect.type) {
    case 'write':
      return `write #${effect.request} ${sayRecord(effect.next)} over ${sayLease(effect.seen)}`;
    case 'tell':
      return `tell ${effect.fact.type}${'reason' in effect.fact ? ` (${effect.fact.reason})` : ''}`;
    case 'abort':
      return `abort ${effect.termId} (${effect.reason})`;
    case 'begin':
      return `begin ${effect.termId} with token ${effect.token}`;
    case 'read':
    case 'cancel':
      return `${effect.type} #${effect.request}`;
    case 'rewatch':
      return 'watch anew';
    case 'finished':
      return `finished${effect.leftBehind === undefined ? '' : ', though work goes on'}`;
  }
}

function stateOf(world: World): string[] {
  const nodes = world.nodes.map((node) => {
    const { name, up, over, work, elector } = node;
    const now = at(world, node);
    const validity =
      work === undefined ? '' : ` ${work.termId} ${elector.validityOf(work.termId, now)}${work.aborted ? ', aborted' : ''}`;
    return `${name} ${up ? (over ? 'finished' : elector.state.role.kind) : 'down'}${validity} (${now.monoMs} ms, wakes ${elector.wakeAtMs(now)})`;
  });
  return [`     at ${world.nowMs} ms: ${nodes.join('; ')}; lease ${sayLease(world.lease)}`];
}

const sayRecord = ({ termId, renewal, handOffTo }: Pick<Lease, 'termId' | 'renewal' | 'handOffTo'>): string =>
  `[${termId === '' ? 'free' : `${termId} renewal ${renewal}`}${handOffTo === '' ? '' : ` for ${handOffTo}`}]`;

const sayLease = (lease: Lease | undefined): string => (lease === undefined ? 'none' : `r${lease.revision} ${sayRecord(lease)}`);
