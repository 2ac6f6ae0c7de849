import { schedule } from './incidents.ts';
import type { Journal } from './journal.ts';
import { Proctor } from './proctor.ts';
import type { Scenario } from './scenario.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';
import type { Counts, ElectorClass } from './world.ts';

export interface Outcome {
  readonly violation: Violation | undefined;
  readonly atMs: number;
  readonly counts: Counts;
}

/** Many more steps than any run takes: an elector that wants to be woken at once for ever is found by it. */
const MOST_STEPS = 200_000;

/** Runs a scenario to its end, or to the first violation. The same scenario runs the same every time. */
export function simulate(scenario: Scenario, ElectorClass: ElectorClass, journal?: Journal): Outcome {
  const world = new World(scenario, ElectorClass, journal);
  for (const candidate of world.candidates) {
    world.agenda.at(candidate.plan.startsAtMs, () => candidate.machine.deliver(() => candidate.start()));
  }
  schedule(world);
  const proctor = new Proctor(world);
  const violation = catching(() => {
    let steps = 0;
    while (!proctor.over && world.step()) {
      if (++steps > MOST_STEPS) throw new Violation('Lv0', `more than ${MOST_STEPS} steps`);
    }
  });
  if (violation !== undefined) world.log(undefined, `VIOLATION of ${violation.rule}: ${violation.message}`);
  return { violation, atMs: world.agenda.nowMs, counts: world.counts };
}

/** An elector that throws has failed as well. */
function catching(run: () => void): Violation | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    return new Violation('S7', `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
