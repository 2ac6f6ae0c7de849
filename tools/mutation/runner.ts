// Vitest's runner of a test process, which runs each test as often as its job (survey.ts, warm.ts, cold.ts) wants it to. A test is
// repeated by Vitest itself, hooks and all; between two runs the job turns the switch.
import type { RunnerTestCase, RunnerTestFile, RunnerTestSuite } from 'vitest';
import { inject, TestRunner } from 'vitest';
import { Cold } from './cold.ts';
import { type Order, report } from './job.ts';
import { Survey } from './survey.ts';
import { theSwitch } from './switch.ts';
import { Warm } from './warm.ts';
import { Watchdog } from './watchdog.ts';

/** What a job makes of the tests. */
export interface Work {
  /** Loads a test file, or more than once. */
  load(importFile: () => Promise<void>): Promise<void>;
  /** The most runs of a test that may be needed; 0 to leave it out. */
  runs(test: string): number;
  /** Gets ready for the next run of a test. @returns how long it may take, in milliseconds; undefined when no more are needed */
  begin(test: string): number | undefined;
  /** Learns how the run went. */
  end(test: string, result: Result): void;
  ended(): void;
}

export interface Result {
  readonly passed: boolean;
  /** It took longer than it may. */
  readonly late: boolean;
  readonly ms: number;
}

class Late extends Error {}

// As they are now: tests may replace them.
const { setTimeout, clearTimeout, setImmediate } = globalThis;

export default class MutationRunner extends TestRunner {
  readonly #order: Order = inject('mutation');
  readonly #watchdog: Watchdog = new Watchdog();
  readonly #work: Work = workOf(this.#order, this.#watchdog);
  #limitMs: number | undefined;
  #late = false;
  #stray = false;
  #startMs = 0;

  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config);
    theSwitch(); // the sources look for it when they are loaded
    // What nobody handled fails the run it comes from.
    for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, () => (this.#stray = true));
  }

  override importFile(path: string, source: 'collect' | 'setup'): unknown {
    const load = async (): Promise<void> => void (await super.importFile(path, source));
    return source === 'collect' ? this.#work.load(load) : load();
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    const runs = this.#work.runs(nameOf(test));
    if (runs === 0) test.mode = 'skip';
    else test.repeats = runs - 1;
    await super.onBeforeRunTask(test);
  }

  override onBeforeTryTask(test: RunnerTestCase, options: Parameters<TestRunner['onBeforeTryTask']>[1]): void {
    super.onBeforeTryTask(test, options);
    if (test.result !== undefined) Object.assign(test.result, { errors: undefined, attempts: [] });
    this.#late = false;
    this.#stray = false;
    this.#limitMs = this.#work.begin(nameOf(test));
    this.#startMs = performance.now();
    if (this.#limitMs !== undefined) this.#watchdog.begin(this.#limitMs);
  }

  /** Called in place of the test's function. */
  async runTask(test: RunnerTestCase): Promise<void> {
    const limitMs = this.#limitMs ?? test.context.skip();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Late()), limitMs);
    });
    try {
      await Promise.race([TestRunner.getTestFn(test)(), tooLate]);
    } catch (error) {
      this.#late = error instanceof Late;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: Parameters<TestRunner['onAfterRetryTask']>[1]): Promise<void> {
    await super.onAfterRetryTask(test, options);
    if (this.#limitMs === undefined) return;
    await new Promise((resolve) => setImmediate(resolve)); // by then Node has told of unhandled rejections
    this.#watchdog.end();
    const passed = test.result?.state === 'pass' && !this.#stray;
    this.#work.end(nameOf(test), { passed, late: this.#late, ms: performance.now() - this.#startMs });
  }

  override onAfterRunFiles(files: RunnerTestFile[]): void {
    super.onAfterRunFiles(files);
    this.#work.ended();
    const errors = files.flatMap(({ result }) => result?.errors ?? []).map(({ message }) => message);
    report(this.#order.reports, { kind: 'ended', errors });
  }
}

function workOf({ job, reports }: Order, watchdog: Watchdog): Work {
  const tell = report.bind(undefined, reports);
  if (job.kind === 'survey') return new Survey(tell);
  return job.kind === 'warm' ? new Warm(job, tell) : new Cold(job, tell, watchdog);
}

/** The names of its suites and its own. */
function nameOf(test: RunnerTestCase): string {
  const names = [test.name];
  for (let suite: RunnerTestSuite | undefined = test.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return names.join(' > ');
}
