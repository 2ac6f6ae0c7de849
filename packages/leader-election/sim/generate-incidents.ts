import type { Chance } from './chance.ts';
import type { Aim, Fault, Incident, NodePlan } from './scenario.ts';

type Draw = (chance: Chance, at: { readonly atMs: number; readonly forMs: number }, nodes: number) => Incident;

/** Faults of the store that last; a refusal of the lease as such is rare, and ends terms. */
const faults: readonly [Fault, ...Fault[]] = ['silence', 'silence', 'refusal', '401', '403', '429', '5xx', '5xx', 'stale', '422'];

const nodeOf = (chance: Chance, nodes: number): number => chance.whole(0, nodes - 1);
const someone = (chance: Chance, nodes: number): number => chance.whole(-1, nodes - 1);

const kinds: readonly { readonly weight: number; readonly draw: Draw }[] = [
  { weight: 3, draw: (chance, time, nodes) => ({ ...time, type: 'crash', node: nodeOf(chance, nodes) }) },
  { weight: 4, draw: (chance, time, nodes) => ({ ...time, type: 'stall', node: nodeOf(chance, nodes) }) },
  { weight: 3, draw: (chance, time, nodes) => ({ ...time, type: 'sleep', node: nodeOf(chance, nodes) }) },
  { weight: 3, draw: (chance, time, nodes) => ({ ...time, type: 'stop', node: nodeOf(chance, nodes) }) },
  {
    weight: 3,
    draw: (chance, { atMs }, nodes) => ({ atMs, type: 'resign', node: nodeOf(chance, nodes), to: someone(chance, nodes) }),
  },
  { weight: 3, draw: (chance, { atMs }, nodes) => ({ atMs, type: 'step', node: nodeOf(chance, nodes), byMs: stepMs(chance) }) },
  {
    weight: 4,
    draw: (chance, time, nodes) => ({
      ...time,
      type: 'cut',
      node: nodeOf(chance, nodes),
      way: chance.oneOf(['both', 'replies', 'requests']),
    }),
  },
  {
    weight: 2,
    draw: (chance, time, nodes) => ({ ...time, type: 'slow', node: nodeOf(chance, nodes), byMs: chance.between(100, 6_000) }),
  },
  { weight: 4, draw: (chance, time) => ({ ...time, type: 'outage', fault: chance.oneOf(faults) }) },
  { weight: 1, draw: (_, time) => ({ ...time, type: 'reserve' }) },
  { weight: 1, draw: (_, { atMs }) => ({ atMs, type: 'delete' }) },
  { weight: 1, draw: (_, { atMs }) => ({ atMs, type: 'annotate' }) },
  { weight: 0.5, draw: (_, { atMs }) => ({ atMs, type: 'clear' }) },
  { weight: 0.5, draw: (chance, { atMs }, nodes) => ({ atMs, type: 'point', node: 0, to: someone(chance, nodes) }) },
  {
    weight: 0.5,
    draw: (chance, { atMs }, nodes) => ({ atMs, type: 'rank', node: nodeOf(chance, nodes), rank: chance.whole(0, 2) }),
  },
  { weight: 2, draw: (chance, { atMs }, nodes) => ({ atMs, type: 'deafen', node: nodeOf(chance, nodes) }) },
  { weight: 1, draw: (_, { atMs }) => ({ atMs, type: 'hang_up' }) },
];

const ALL = kinds.reduce((sum, { weight }) => sum + weight, 0);

/** What goes wrong, and when: all of it is over when all is to be calm. */
export function incidentsOf(chance: Chance, nodes: readonly NodePlan[], leaseMs: number, calmAtMs: number): Incident[] {
  const amount = chance.oneOf([0, 1, 2, 3, 4, 6, 8, 12]);
  const incidents = Array.from({ length: amount }, () => {
    const atMs = chance.between(0, calmAtMs - 100);
    // Some are over before a deadline, some end about when it passes, some outlast the lease.
    const lengthMs = chance.oneOf([
      chance.between(50, 0.5 * leaseMs),
      chance.between(0.5, 1.1) * leaseMs,
      chance.between(1, 2) * leaseMs,
    ]);
    const incident = drawOne(chance)(chance, { atMs, forMs: Math.min(lengthMs, calmAtMs - 50 - atMs) }, nodes.length);
    const aims = 'node' in incident && chance.hits(0.3);
    return aims ? { ...incident, aim: chance.oneOf<Aim>(['acquire', 'acquire', 'renew', 'release']) } : incident;
  });
  return incidents.sort((a, b) => a.atMs - b.atMs);
}

function drawOne(chance: Chance): Draw {
  let left = chance.next() * ALL;
  for (const { weight, draw } of kinds) {
    if (left < weight) return draw;
    left -= weight;
  }
  return kinds[0]!.draw;
}

/** A clock that is set: by a little, by some seconds, by hours; forward or back. */
function stepMs(chance: Chance): number {
  const sizeMs = chance.oneOf([chance.between(50, 400), chance.between(400, 8_000), chance.between(8_000, 7.2e6)]);
  return chance.hits(0.5) ? sizeMs : -sizeMs;
}
