import type { Answer } from '../../src/elector/inputs.ts';
import type { Lease } from '../../src/lease.ts';
import { checkWrite } from './invariants.ts';
import type { Scope } from './scope.ts';
import type { Draft, Message } from './world.ts';

/** Enough for a watch to be as late as a path is long, and for few enough states. */
const VERSIONS_KEPT = 3;

/** The store: one register, written by compare-and-set. Carries a request out. */
export function serve(world: Draft, scope: Scope, message: Message): Answer {
  const { seen, next } = message;
  const { lease } = world;
  if (next === undefined) return { type: 'read', lease };
  if (lease?.revision !== seen?.revision) return { type: 'conflict' };
  checkWrite(world, message);
  const written: Lease = { ...next, revision: world.revision + 1n };
  const isNewTerm = next.termId !== '' && next.termId !== lease?.termId;
  if (isNewTerm && !world.won.has(next.termId)) world.won = new Map(world.won).set(next.termId, written.revision);
  write(world, scope, written);
  return { type: 'written', lease: written };
}

/** Whoever writes it; without a lease it is a deletion. */
export function write(world: Draft, scope: Scope, lease: Lease | undefined): void {
  world.revision += 1n;
  world.lease = lease;
  if (scope.watch) world.versions = [...world.versions, { revision: world.revision, lease }].slice(-VERSIONS_KEPT);
}
