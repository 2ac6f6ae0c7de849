import type { Exam, Incident, Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import type { Rule } from './violation.ts';
import type { ElectorClass } from './world.ts';

/** A scenario that is smaller in one way, or the same if there is nothing to leave out. */
type Smaller = (scenario: Scenario) => Scenario;

/** So many rounds over everything are enough in practice: each one leaves out all that it can. */
const MOST_ROUNDS = 4;

/** Leaves out of a scenario what is not needed to break the same rule: incidents, nodes, kinds of trouble, time. */
export function shrink(scenario: Scenario, rule: Rule, ElectorClass: ElectorClass): Scenario {
  const fails = (smaller: Scenario): boolean => simulate(smaller, ElectorClass).violation?.rule === rule;
  let smallest = scenario;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = smallest;
    for (const smaller of attemptsAt(smallest)) {
      const tried = smaller(smallest);
      if (tried !== smallest && fails(tried)) smallest = tried;
    }
    if (smallest === before) break;
  }
  return smallest;
}

function attemptsAt({ nodes, incidents, calmAtMs }: Scenario): Smaller[] {
  return [
    ...incidents.map(
      (incident): Smaller =>
        (scenario) =>
          without(scenario, incident),
    ),
    ...nodes.map(
      (_, index): Smaller =>
        (scenario) =>
          withoutNode(scenario, nodes.length - 1 - index),
    ),
    ...[0.25, 0.5, 0.75].map((share): Smaller => (scenario) => ({
      ...scenario,
      calmAtMs: calmAtMs * share,
      incidents: clipped(scenario, calmAtMs * share),
    })),
    ...incidents.map(
      (incident): Smaller =>
        (scenario) =>
          shorter(scenario, incident),
    ),
    ...networks,
    ...stores,
    ...works,
    ...nodes.map(
      (_, index): Smaller =>
        (scenario) =>
          plainNode(scenario, index),
    ),
    (scenario) => withExam(scenario, 'quiet'),
  ];
}

const without = (scenario: Scenario, incident: Incident): Scenario =>
  scenario.incidents.includes(incident)
    ? { ...scenario, incidents: scenario.incidents.filter((other) => other !== incident) }
    : scenario;

/** The last ones first, so that the others keep their numbers. */
function withoutNode(scenario: Scenario, index: number): Scenario {
  const { nodes, incidents } = scenario;
  if (index !== nodes.length - 1 || nodes.length === 1) return scenario;
  const left = incidents.filter((incident) => !('node' in incident) || incident.node !== index);
  return { ...scenario, nodes: nodes.slice(0, -1), incidents: left };
}

function clipped({ incidents }: Scenario, calmAtMs: number): Incident[] {
  const early = incidents.filter(({ atMs }) => atMs < calmAtMs - 100);
  return early.map((incident) =>
    'forMs' in incident ? { ...incident, forMs: Math.min(incident.forMs, calmAtMs - 50 - incident.atMs) } : incident,
  );
}

function shorter(scenario: Scenario, incident: Incident): Scenario {
  if (!('forMs' in incident) || !scenario.incidents.includes(incident)) return scenario;
  const half = { ...incident, forMs: incident.forMs / 2 };
  return { ...scenario, incidents: scenario.incidents.map((other) => (other === incident ? half : other)) };
}

function plainNode(scenario: Scenario, index: number): Scenario {
  const node = scenario.nodes[index];
  if (node === undefined || (node.rate === 1 && node.wallOffsetMs === 0 && node.startsAtMs === 0)) return scenario;
  const plain = { ...node, rate: 1, wallOffsetMs: 0, startsAtMs: 0 };
  return { ...scenario, nodes: scenario.nodes.map((other) => (other === node ? plain : other)) };
}

const withExam = (scenario: Scenario, exam: Exam): Scenario => (scenario.exam === exam ? scenario : { ...scenario, exam });

const networks = (['slowRatio', 'dropRequestRatio', 'dropReplyRatio', 'duplicateRatio', 'lingerRatio'] as const).map(
  (ratio): Smaller =>
    (scenario) =>
      scenario.network[ratio] === 0 ? scenario : { ...scenario, network: { ...scenario.network, [ratio]: 0 } },
);

const stores = (['dropChangeRatio', 'duplicateChangeRatio', 'faultRatio', 'aliveEveryMs'] as const).map(
  (ratio): Smaller =>
    (scenario) =>
      scenario.store[ratio] === 0 ? scenario : { ...scenario, store: { ...scenario.store, [ratio]: 0 } },
);

const works = (['pauseRatio', 'lateRatio', 'hangRatio', 'endRatio'] as const).map(
  (ratio): Smaller =>
    (scenario) =>
      scenario.work[ratio] === 0 ? scenario : { ...scenario, work: { ...scenario.work, [ratio]: 0 } },
);
