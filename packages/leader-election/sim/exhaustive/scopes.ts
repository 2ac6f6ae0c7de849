import type { RareEvent, Scope } from './scope.ts';

const MISHAPS: readonly RareEvent[] = ['copy', 'fault', 'pause', 'stop', 'resign', 'return', 'crash', 'suspend'];

/** What every change is checked against: some two million steps, in some ten seconds. Each scope looks at something that the others leave out. */
export const SCOPES: readonly Scope[] = [
  scope('two start, and nothing unusual happens', 2, 12, 'cold', []),
  scope('one leads, and nothing unusual happens', 2, 12, 'led', []),
  scope('one leads, under watch, and nothing unusual happens', 2, 10, 'led', [], 0, { watch: true }),
  scope('an answer to a renewal takes long, under watch', 2, 11, 'unanswered', [], 0, { watch: true }),
  scope('an answer to a renewal takes long, with a mishap', 2, 8, 'unanswered', MISHAPS, 1),
  scope('two start, with mishaps', 2, 9, 'cold', MISHAPS, 1),
  scope('one leads, with two mishaps', 2, 7, 'led', MISHAPS, 2),
  scope('one leads, with a mishap', 2, 8, 'led', MISHAPS, 1),
  scope('the leader is cut off, with a mishap', 2, 10, 'lost', MISHAPS, 1),
  scope('the leader stops, under watch', 2, 8, 'stopping', ['copy', 'fault', 'pause', 'crash', 'stream'], 1, { watch: true }),
  scope('a wall clock is set', 2, 9, 'led', ['wallClock', 'copy', 'fault'], 1),
  scope('the lease is deleted, under watch', 2, 7, 'led', ['delete', 'copy', 'stop', 'crash'], 2, { watch: true }),
  scope('clocks run apart, under watch', 2, 8, 'led', ['copy', 'fault', 'stop', 'delete', 'stream'], 1, {
    clocks: 'apart',
    watch: true,
  }),
  scope('clocks run apart', 2, 10, 'cold', ['copy', 'fault', 'stop', 'crash'], 1, { clocks: 'apart' }),
  scope('a preferred candidate asks for the lease', 2, 7, 'led', ['resign'], 1, { watch: true, ranks: [1, 0] }),
  scope('three start', 3, 9, 'cold', []),
  scope('the leader of three is cut off, with a mishap', 3, 8, 'lost', MISHAPS, 1),
];

function scope(
  name: string,
  nodes: 2 | 3,
  steps: number,
  from: Scope['from'],
  rare: readonly RareEvent[],
  rareAtMost = 0,
  others: Partial<Scope> = {},
): Scope {
  return { name, nodes, steps, from, clocks: 'together', watch: false, rare, rareAtMost, ...others };
}
