import type { LeaseRecord } from '../../src/lease.ts';
import type { Scope } from './scope.ts';
import { demand, Violation } from './violation.ts';
import { at } from './world.ts';
import type { Draft, Message, Node, World } from './world.ts';

/**
 * What must hold in every state.
 *
 * S1, S2: a term's token is the revision of the write that won it. Revisions of the register grow, so tokens are unique and grow in
 * the order in which terms were won, and a resource that refuses a token below the highest it has seen refuses every earlier term.
 * S3: no two works pass their guard at one moment. S5: no write changes a lease that another holds, but to ask for it. S6: the lease
 * is offered only after the work has settled. S7: works begin and end once, one after the other, and none is held again after it has
 * lapsed. S8: nothing is sent after the end.
 */
export function checkState(world: Draft, scope: Scope): void {
  let holder: Node | undefined;
  world.nodes.forEach((node, index) => {
    if (node.work === undefined) return;
    const isHeld = node.elector.validityOf(node.work.termId, at(world, node)) === 'held';
    demand(!(isHeld && node.work.lapsed), 'S7', `${node.work.termId} is held again after it has lapsed`);
    if (isHeld && holder !== undefined && scope.clocks === 'together' && !scope.rare.includes('delete')) {
      throw new Violation('S3', `${holder.work!.termId} and ${node.work.termId} are both held`);
    }
    if (isHeld) holder = node;
    const { elector, work } = node;
    if (!work.lapsed && elector.validityOf(work.termId, at(world, node)) === 'lapsed') {
      world.nodes[index] = { ...node, work: { ...work, lapsed: true } };
    }
  });
}

/** As a request is sent. */
export function checkRequest({ name, over, work }: Node, next: LeaseRecord | undefined): void {
  demand(!over, 'S8', `${name} sends a request after it has finished`);
  if (next?.holder === '') demand(work === undefined, 'S6', `${name} releases the lease while ${work?.termId} works`);
}

/** As a write takes place: the lease is as it was seen. */
export function checkWrite({ lease, nodes }: World, { node, life, next }: Message): void {
  if (lease === undefined || lease.holder === '') return;
  const { name } = nodes[node]!;
  const mine = `${name}${life}.`;
  const isAsking = next!.termId === lease.termId && next!.renewal === lease.renewal && next!.holder === lease.holder;
  const isRenewing = next!.termId === lease.termId && lease.termId.startsWith(mine);
  const isTaking = next!.termId !== lease.termId && next!.termId.startsWith(mine);
  const isReleasing = next!.termId === '' && lease.termId.startsWith(mine);
  demand(isAsking || isRenewing || isTaking || isReleasing, 'S5', `${name} writes over ${lease.termId}, which is not its own`);
}

/** As work begins. */
export function checkBegin(world: World, node: Node, termId: string, token: bigint): Pick<Node, 'begun' | 'ended'> {
  const number = numberOf(termId);
  demand(node.work === undefined, 'S7', `${termId} begins while ${node.work?.termId} works`);
  demand(number > node.begun && node.ended, 'S7', `${termId} begins twice, or before the one before it has ended`);
  demand(world.won.get(termId) === token, 'S2', `the token of ${termId} is ${token}, but it was won at ${world.won.get(termId)}`);
  demand(node.elector.validityOf(termId, at(world, node)) !== 'lapsed', 'S7', `${termId} begins though it has lapsed`);
  return { begun: number, ended: false };
}

/** As a term is aborted: once, and before its end. Its work may have returned already. */
export function checkAbort({ name, work, begun, ended }: Node, termId: string): void {
  const runs = work === undefined ? numberOf(termId) === begun && !ended : work.termId === termId && !work.aborted;
  demand(runs, 'S7', `${name} aborts ${termId}, which does not run`);
}

const numberOf = (termId: string): number => Number(termId.slice(termId.indexOf('.') + 1));

/** As the end of a term is told. */
export function checkEnd({ name, ended }: Node, token: bigint): Pick<Node, 'ended'> {
  demand(!ended, 'S7', `${name} tells of the end of the term with token ${token}, which had not begun or has ended already`);
  return { ended: true };
}

/** As an elector says that it is done. */
export function checkFinish({ name, elector, work, ended }: Node, drained: boolean): void {
  demand(elector.state.pending === undefined, 'S8', `${name} finishes with a request under way`);
  demand(work === undefined || (work.aborted && !drained), 'S7', `${name} finishes over work that it does not know of`);
  demand(ended, 'S7', `${name} finishes without having told of the end of its term`);
}

/** As a wake has been heeded: an elector that asks for the present moment again would be woken for ever. */
export function checkWake(world: World, node: Node): void {
  const now = at(world, node);
  const wakeAtMs = node.elector.wakeAtMs(now);
  demand(wakeAtMs > now.monoMs, 'L0', `${node.name} asks to be woken at ${wakeAtMs}, and it is ${now.monoMs}`);
}
