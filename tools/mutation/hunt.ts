// Finds out what becomes of every mutant of a package: first which tests reach it, then those tests with it on, the quick ones first.
// Last, with everything loaded anew for each: the mutants in what runs while a file is loaded, or once in a process, and once more
// all that live, since modules that have been used for long may hide what they change.
import type { Report, TestPlan } from './job.ts';
import type { Fate, Mutant, Verdict } from './mutant.ts';
import type { Session } from './session.ts';
import { gather, nameOf, type Test, type TestFile, totalMs } from './test-file.ts';

/** Tests of at most this long are the quick ones, in milliseconds. */
const QUICK_MS = 60;
/** A test may take this much longer with a mutant than without: time enough for a busy machine. */
const PATIENCE = 10;
const PATIENCE_MS = 1_000;
/** Copies of a file in one process, where mutants spoil its modules: a copy is made in a tenth of the time of a process. */
const ROUNDS = 12;
/** Mutants for which everything is loaded anew in one process. */
const COLD_AT_ONCE = 40;
export type Progress = (step: string, done: number, of: number, dead: number) => void;

export class Hunt {
  readonly #session: Session;
  readonly #mutants: readonly Mutant[];
  readonly #progress: Progress;
  readonly #alive: Set<number>;
  readonly #fates = new Map<number, Fate>();
  readonly #files: TestFile[] = [];
  /** Tests that fail with no mutant on: by these no mutant is killed. */
  readonly unusable: Set<string> = new Set();

  constructor(session: Session, mutants: readonly Mutant[], progress: Progress) {
    this.#session = session;
    this.#mutants = mutants;
    this.#progress = progress;
    this.#alive = new Set(mutants.map(({ id }) => id));
  }

  async run(testFiles: readonly string[]): Promise<Verdict[]> {
    for (const [at, path] of testFiles.entries()) {
      this.#show('survey', at, testFiles.length);
      await this.#survey(path);
    }
    await this.#everyFile('quick tests', (file) => this.#warm(file, file.tests.filter(isQuick)));
    await this.#everyFile('slow tests', (file) => this.#warm(file, file.tests.filter(isSlow)));
    await this.#everyFile('tests that run once', (file) => this.#cold(file, ...onceOnly(file)));
    await this.#everyFile('quick tests, loaded anew', (file) => this.#cold(file, file.tests.filter(isQuick), reachable(file)));
    await this.#everyFile('slow tests, loaded anew', (file) => this.#cold(file, file.tests.filter(isSlow), file.anew));
    return this.#mutants.map((mutant) => ({ mutant, fate: this.#fates.get(mutant.id) ?? this.#fateOfLiving(mutant.id) }));
  }

  #fateOfLiving(id: number): Fate {
    const isReached = this.#files.some(({ anew, tests }) => anew.has(id) || tests.some(({ reached }) => reached.has(id)));
    return isReached ? 'survived' : 'uncovered';
  }

  #show(step: string, done: number, of: number): void {
    this.#progress(step, done, of, this.#fates.size);
  }

  async #everyFile(step: string, work: (file: TestFile) => Promise<void>): Promise<void> {
    for (const [at, file] of this.#files.entries()) {
      this.#show(step, at, this.#files.length);
      await work(file);
    }
  }

  async #survey(path: string): Promise<void> {
    const survey = (): Promise<Report[]> => this.#session.run(path, { kind: 'survey' });
    let reports = await survey();
    // On a busy machine the watchdog may have ended it: a whole run is not lost for that.
    if (reports.at(-1)?.kind !== 'ended') reports = await survey();
    if (reports.at(-1)?.kind !== 'ended') throw new Error(`${path} does not run to its end, with no mutant on`);
    const { file, failing } = gather(path, reports);
    for (const test of failing) this.unusable.add(nameOf(path, test));
    this.#files.push(file);
    this.#files.sort((a, b) => totalMs(a) - totalMs(b));
  }

  /** Tries the tests until each has been run with all the mutants it reaches, in as many processes as it takes. */
  async #warm(file: TestFile, tests: readonly Test[]): Promise<void> {
    const passed = new Set<string>();
    let rounds = 1;
    for (;;) {
      const plans = this.#plansOf(tests, passed);
      if (plans.length === 0) return;
      const reports = await this.#session.run(file.path, { kind: 'warm', tests: Object.fromEntries(plans), rounds });
      this.#bury(reports);
      for (const report of reports) {
        if (report.kind === 'passed') passed.add(`${report.mutant} ${report.test}`);
        if (report.kind === 'passed' && !report.hit) file.anew.add(report.mutant);
        // A test that fails first of all, with no mutant on, needs a process where nothing has run before it.
        if (report.kind === 'spoilt' && report.fresh)
          for (const test of tests) if (test.name === report.test) test.repeatable = false;
      }
      if (reports.some(({ kind }) => kind === 'spoilt')) rounds = ROUNDS;
      else if (reports.at(-1)?.kind === 'ended') return;
    }
  }

  #plansOf(tests: readonly Test[], passed: ReadonlySet<string>): [string, TestPlan][] {
    return tests
      .filter(({ repeatable }) => repeatable)
      .map((test): [string, TestPlan] => {
        const mutants = [...test.reached].filter((id) => this.#alive.has(id) && !passed.has(`${id} ${test.name}`));
        return [test.name, { mutants: mutants.toSorted((a, b) => a - b), limitMs: limitOf(test) }];
      })
      .filter(([, { mutants }]) => mutants.length > 0);
  }

  /** Tries the tests with each of the mutants on while the file is loaded. */
  async #cold({ path }: TestFile, tests: readonly Test[], tried: ReadonlySet<number>): Promise<void> {
    const plans = new Map(tests.map((test) => [test.name, { mutants: [], limitMs: limitOf(test) }]));
    let queue = [...tried].toSorted((a, b) => a - b);
    let atOnce = COLD_AT_ONCE;
    for (;;) {
      queue = queue.filter((id) => this.#alive.has(id));
      if (plans.size === 0 || queue.length === 0) return;
      const mutants = queue.slice(0, atOnce);
      const reports = await this.#session.run(path, { kind: 'cold', mutants, tests: Object.fromEntries(plans) });
      const spoilt = reports.find(({ kind }) => kind === 'spoilt');
      if (spoilt?.kind === 'spoilt' && spoilt.fresh) {
        this.unusable.add(nameOf(path, spoilt.test));
        plans.delete(spoilt.test);
      } else if (spoilt !== undefined && mutants.length > 1) {
        atOnce = 1; // one of them has changed what outlives a loading
      } else {
        this.#bury(reports);
        if (reports.at(-1)?.kind === 'ended') queue = queue.slice(mutants.length);
      }
    }
  }

  /** Mutants that were killed, or on when the process had to be. */
  #bury(reports: readonly Report[]): void {
    for (const report of reports) if (report.kind === 'killed') this.#kill(report.mutant, report.late ? 'timeout' : 'killed');
    const last = reports.at(-1);
    if (last?.kind === 'begun') this.#kill(last.mutant, 'timeout');
  }

  #kill(mutant: number, fate: Fate): void {
    if (this.#alive.delete(mutant)) this.#fates.set(mutant, fate);
  }
}

const isQuick = ({ ms }: Test): boolean => ms <= QUICK_MS;
const isSlow = (test: Test): boolean => !isQuick(test);

/** The tests of a file that are good for one run in a process, and the mutants they reach. */
function onceOnly({ tests }: TestFile): [tests: Test[], mutants: ReadonlySet<number>] {
  const once = tests.filter(({ repeatable }) => !repeatable);
  return [once, new Set(once.flatMap(({ reached }) => [...reached]))];
}

/** The mutants any quick test of a file might kill if it came first. */
function reachable({ anew, tests }: TestFile): ReadonlySet<number> {
  return new Set([...anew, ...tests.filter(isQuick).flatMap(({ reached }) => [...reached])]);
}

const limitOf = ({ ms }: Test): number => PATIENCE_MS + PATIENCE * ms;
