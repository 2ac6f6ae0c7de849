// What many more electors of one election take of the heap, as followers over a store: that in memory, or the one whose BackendSpec is the
// argument. Prints bytes for each. Run with --expose-gc.
import { setTimeout as delay } from 'node:timers/promises';
import { leaderElection } from '../../src/election.ts';
import type { LeaderElection } from '../../src/election.ts';
import { memoryLease } from '../../src/memory.ts';
import { openStore } from '../../test/chaos/open-store.ts';
import type { BackendSpec } from '../../test/chaos/open-store.ts';

const PATIENCE_MS = 5_000;

const spec = process.argv[2];
/** A server has a connection or a stream for each. */
const ELECTORS = spec === undefined ? 1_000 : 200;
const store = spec === undefined ? memoryLease() : (await openStore(JSON.parse(spec) as BackendSpec, PATIENCE_MS)).store;
const elections: LeaderElection[] = [];

function join(identity: string): void {
  const election = leaderElection({ name: 'figures', store, identity });
  election.start((term) => new Promise((resolve) => term.signal.addEventListener('abort', resolve)));
  elections.push(election);
}

/** Once all have read the lease and follow it. */
async function heapBytes(): Promise<number> {
  while (!elections.every((election) => election.leader() !== undefined && election.snapshot().watching)) await delay(10);
  await delay(100); // what settling has left behind
  for (let i = 0; i < 3; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

for (let i = 0; i < 10; i++) join(`early-${i}`); // code is compiled, and the leader is none of those that are measured
const before = await heapBytes();
for (let i = 0; i < ELECTORS; i++) join(`candidate-${i}`);
const after = await heapBytes();
process.stdout.write(`${JSON.stringify((after - before) / ELECTORS)}\n`, () => process.exit(0));
