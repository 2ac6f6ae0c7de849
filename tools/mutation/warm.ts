// The main job: every test with one mutant after the other, all in one process that has loaded everything once. A mutant may leave
// modules in a state that fails later tests; so a failure counts only if the test passes without a mutant just before or after.
import { vi } from 'vitest';
import { copy, split } from './copies.ts';
import type { Job, Report } from './job.ts';
import type { Result, Work } from './runner.ts';
import { theSwitch } from './switch.ts';

export class Warm implements Work {
  readonly #job: Job & { kind: 'warm' };
  readonly #tell: (report: Report) => void;
  readonly #dead = new Set<number>();
  readonly #passed = new Set<string>();
  /** The copy of the file that is used; the ones before are spoilt. */
  #round = 1;
  /** Mutants still to be tried with the test that is running. */
  #queue: number[] = [];
  /** The one that is on; 0 in a run without, which shows whether the modules are sound. */
  #active = 0;
  #isSoundnessDue = true;
  /** The last run was one without a mutant, and passed. */
  #isSound = false;
  /** A mutant the test failed with, when the run before was one with another mutant. */
  #doubtful: { readonly mutant: number; readonly late: boolean } | undefined;
  /** No mutant has been on in this process. */
  #isFresh = true;

  constructor(job: Job & { kind: 'warm' }, tell: (report: Report) => void) {
    this.#job = job;
    this.#tell = tell;
  }

  async load(importFile: () => Promise<void>): Promise<void> {
    for (let round = 1; round <= this.#job.rounds; round++) {
      copy(round, () => {
        vi.resetModules();
        return importFile();
      });
    }
  }

  runs(name: string): number {
    const { copy: round, test } = split(name);
    const plan = Object.hasOwn(this.#job.tests, test) ? this.#job.tests[test] : undefined;
    if (plan === undefined || round !== this.#round) return 0;
    this.#queue = plan.mutants.filter((mutant) => !this.#dead.has(mutant) && !this.#passed.has(`${mutant} ${test}`));
    this.#isSoundnessDue = true;
    this.#isSound = false;
    return this.#queue.length === 0 ? 0 : 2 * this.#queue.length + 2;
  }

  begin(name: string): number | undefined {
    const { copy: round, test } = split(name);
    const next = this.#isSoundnessDue ? 0 : this.#queue.shift();
    if (next === undefined || round !== this.#round) return undefined;
    this.#active = next;
    if (next !== 0) {
      this.#isFresh = false;
      this.#tell({ kind: 'begun', mutant: next, test });
    }
    theSwitch().turn(next);
    return this.#job.tests[test]?.limitMs;
  }

  end(name: string, { passed, late }: Result): void {
    const { test } = split(name);
    const hit = theSwitch().hits > 0;
    theSwitch().turn(0);
    if (this.#active === 0) this.#learnSoundness(test, passed);
    else {
      const mutant = this.#active;
      if (passed) {
        this.#passed.add(`${mutant} ${test}`);
        this.#tell({ kind: 'passed', mutant, test, hit });
      } else if (this.#isSound) this.#kill(mutant, late);
      else this.#doubtful = { mutant, late };
      this.#isSoundnessDue = !passed;
      this.#isSound = false;
    }
  }

  #learnSoundness(test: string, passed: boolean): void {
    this.#isSoundnessDue = false;
    this.#isSound = passed;
    if (!passed) {
      this.#round++;
      this.#tell({ kind: 'spoilt', test, fresh: this.#isFresh });
    } else if (this.#doubtful !== undefined) this.#kill(this.#doubtful.mutant, this.#doubtful.late);
    this.#doubtful = undefined;
  }

  #kill(mutant: number, late: boolean): void {
    this.#dead.add(mutant);
    this.#tell({ kind: 'killed', mutant, late });
  }

  ended(): void {}
}
