// The job for mutants in what runs while a file is loaded: everything is loaded anew for each, with it on from the beginning.
import { vi } from 'vitest';
import type { Job, Report } from './job.ts';
import { copy, split } from './copies.ts';
import type { Result, Work } from './runner.ts';
import { theSwitch } from './switch.ts';
import type { Watchdog } from './watchdog.ts';

/** Time to load a test file and all it imports, in milliseconds. */
const LOAD_LIMIT_MS = 10_000;

export class Cold implements Work {
  readonly #job: Job & { kind: 'cold' };
  readonly #tell: (report: Report) => void;
  readonly #watchdog: Watchdog;
  readonly #dead = new Set<number>();
  #isFresh = true;
  #isSpoilt = false;

  constructor(job: Job & { kind: 'cold' }, tell: (report: Report) => void, watchdog: Watchdog) {
    this.#job = job;
    this.#tell = tell;
    this.#watchdog = watchdog;
  }

  /** A suite for each mutant; a first and a last one without show whether the process is sound, and still is. */
  async load(importFile: () => Promise<void>): Promise<void> {
    for (const mutant of [0, ...this.#job.mutants, 0]) {
      copy(mutant, async () => {
        vi.resetModules();
        this.#turnOn(mutant, 'load');
        this.#watchdog.begin(LOAD_LIMIT_MS);
        try {
          await importFile();
        } catch {
          this.#fail(mutant, false, 'load');
        } finally {
          this.#watchdog.end();
          theSwitch().turn(0);
        }
      });
    }
  }

  runs(name: string): number {
    const { copy: mutant, test } = split(name);
    return this.#isSpoilt || this.#dead.has(mutant) || !Object.hasOwn(this.#job.tests, test) ? 0 : 1;
  }

  begin(name: string): number | undefined {
    const { copy: mutant, test } = split(name);
    if (mutant !== 0) this.#isFresh = false;
    this.#turnOn(mutant, test);
    return this.#job.tests[test]?.limitMs;
  }

  end(name: string, { passed, late }: Result): void {
    theSwitch().turn(0);
    const { copy: mutant, test } = split(name);
    if (!passed) this.#fail(mutant, late, test);
  }

  ended(): void {}

  #turnOn(mutant: number, test: string): void {
    if (mutant !== 0) this.#tell({ kind: 'begun', mutant, test });
    theSwitch().turn(mutant);
  }

  #fail(mutant: number, late: boolean, test: string): void {
    if (mutant !== 0) {
      this.#dead.add(mutant);
      this.#tell({ kind: 'killed', mutant, late });
    } else {
      this.#isSpoilt = true;
      this.#tell({ kind: 'spoilt', test, fresh: this.#isFresh });
    }
  }
}
