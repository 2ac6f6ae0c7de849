// The switch in a test process: which mutant is on, which were reached, and whether one runs for ever.
import { SWITCH } from './instrument.ts';

/** How often the mutant that is on may be reached in one test before it counts as a loop without end. */
const ENDLESS = 2_000_000;

export class Switch {
  /** 0 for none. */
  active: number = 0;
  /** Where mutants that are reached are marked, if anybody wants to know. */
  reached: Set<number> | undefined;
  /** How often the mutant that is on was reached. */
  hits: number = 0;

  turn(mutant: number): void {
    this.active = mutant;
    this.hits = 0;
  }

  /** Called by the instrumented sources. */
  on(mutant: number): boolean {
    this.reached?.add(mutant);
    if (this.active !== mutant) return false;
    if (++this.hits > ENDLESS) throw new Error('A mutant runs for ever');
    return true;
  }
}

/** The one of this process. */
export function theSwitch(): Switch {
  const holder = globalThis as unknown as Record<string, Switch | undefined>;
  return (holder[SWITCH] ??= new Switch());
}
