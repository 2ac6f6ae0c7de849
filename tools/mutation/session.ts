// Runs jobs in test processes of Vitest, one file in one process at a time; the server with its transformed sources stays warm.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVitest, type Vitest } from 'vitest/node';
import { type Job, readReports, type Report } from './job.ts';

export class Session {
  readonly #vitest: Vitest;
  readonly #folder: string;

  private constructor(vitest: Vitest, folder: string) {
    this.#vitest = vitest;
    this.#folder = folder;
  }

  /** @param sources instrumented sources by their absolute paths */
  static async open(root: string, sources: ReadonlyMap<string, string>): Promise<Session> {
    const tools = join(root, 'tools/mutation');
    const vitest = await createVitest(
      {
        config: false,
        root,
        watch: false,
        include: ['packages/*/{src,test}/**/*.test.ts'],
        setupFiles: [join(tools, 'setup.ts')],
        runner: join(tools, 'runner.ts'),
        reporters: [{}],
        silent: true,
        pool: 'forks',
        execArgv: ['--no-warnings'], // mutants leave rejections unhandled: the runner counts them
        maxWorkers: 1,
        isolate: true,
        // The cache on disk knows a source by its text, and not which mutants were compiled into it.
        fsModuleCache: false,
        // Limits are the runner's own, test by test.
        testTimeout: 600_000,
        hookTimeout: 600_000,
        teardownTimeout: 2_000,
        dangerouslyIgnoreUnhandledErrors: true,
      },
      { plugins: [{ name: 'mutation', enforce: 'pre', transform: (_code, id) => sources.get(id) }] },
    );
    return new Session(vitest, mkdtempSync(join(tmpdir(), 'mutation-')));
  }

  /** @returns the test files under a folder, in the order of their names */
  async files(folder: string): Promise<string[]> {
    const all = await this.#vitest.globTestSpecifications();
    return all
      .map(({ moduleId }) => moduleId)
      .filter((path) => path.startsWith(folder))
      .toSorted();
  }

  /**
   * @returns what was reported, at least one report; without `ended` as the last, the process had to be killed
   * @throws {Error} when the file could not be loaded
   */
  async run(file: string, job: Job): Promise<Report[]> {
    const reports = join(this.#folder, 'reports.jsonl');
    writeFileSync(reports, '');
    const project = this.#vitest.getRootProject();
    project.provide('mutation', { job, reports });
    await this.#vitest.runTestSpecifications([project.createSpecification(file)]);
    const read = readReports(readFileSync(reports, 'utf8'));
    const last = read.at(-1);
    if (last === undefined) throw new Error(`${file}: the test process reported nothing`);
    if (last.kind === 'ended' && last.errors.length > 0) throw new Error(`${file}: ${last.errors.join(', ')}`);
    return read;
  }

  async close(): Promise<void> {
    await this.#vitest.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
