// The first job: which tests can be used, how long they take, and which mutants they reach.
import type { Report } from './job.ts';
import type { Result, Work } from './runner.ts';
import { theSwitch } from './switch.ts';

/** No test of the workspace takes longer, in milliseconds. */
const LIMIT_MS = 60_000;

export class Survey implements Work {
  readonly #tell: (report: Report) => void;
  readonly #loaded = new Set<number>();
  #run = 0;

  constructor(tell: (report: Report) => void) {
    this.#tell = tell;
    theSwitch().reached = this.#loaded;
  }

  load(importFile: () => Promise<void>): Promise<void> {
    return importFile();
  }

  runs(): number {
    this.#run = 0;
    return 2;
  }

  begin(): number {
    this.#run++;
    theSwitch().reached = new Set();
    return LIMIT_MS;
  }

  end(test: string, result: Result): void {
    const reached = [...(theSwitch().reached ?? [])];
    theSwitch().reached = this.#loaded;
    this.#tell({ kind: 'test', test, run: this.#run, passed: result.passed, ms: Math.ceil(result.ms), reached });
  }

  ended(): void {
    this.#tell({ kind: 'loaded', reached: [...this.#loaded] });
  }
}
