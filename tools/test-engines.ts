// Runs the engine tests against real servers: starts the etcd and Redis it finds on this machine on ports of the loopback address,
// uses a Kubernetes API server that the environment names, says what ran and what did not, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { engines } from './engines/engines.ts';
import type { Engine } from './engines/engines.ts';

const root = resolve(import.meta.dirname, '..');
const required = (process.env['HOLDFAST_REQUIRE_ENGINES'] ?? '').split(',').filter((name) => name !== '');

/** Ends whatever the run has started and not ended: servers of tests that were cut off too. They write their process ids into the folder. */
function cleanUp(folder: string): void {
  for (const path of globSync('*/pid', { cwd: folder })) {
    try {
      process.kill(Number(readFileSync(join(folder, path), 'utf8')), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the variables that tell the tests about the engine; none if it is not there. */
async function bringUp(engine: Engine): Promise<Readonly<Record<string, string>>> {
  const found = engine.find();
  if (found === undefined) {
    console.log(`  skipped  ${engine.name}: ${engine.absent}`);
    return {};
  }
  const variables = await engine.start(found);
  console.log(`  up       ${engine.name}: ${found}`);
  return variables;
}

async function main(): Promise<number> {
  const unknown = required.filter((name) => !engines.some((engine) => engine.name === name));
  if (unknown.length > 0) {
    console.error(
      `HOLDFAST_REQUIRE_ENGINES names ${unknown.join(', ')}; known are ${engines.map(({ name }) => name).join(', ')}`,
    );
    return 1;
  }
  console.log('engines');
  const variables: Record<string, string> = {};
  for (const engine of engines) Object.assign(variables, await bringUp(engine));
  return runTests({ ...process.env, ...variables });
}

/** @returns vitest's exit code. Whoever ends this process ends vitest first, which may be starting servers. */
async function runTests(env: NodeJS.ProcessEnv): Promise<number> {
  const vitest = resolve(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'vitest.engines.config.ts', ...process.argv.slice(2)];
  const run = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  endAll = () => {
    run.kill('SIGTERM');
    setTimeout(() => run.kill('SIGKILL'), LAST_WORDS_MS).unref();
  };
  const [code] = (await once(run, 'exit')) as [number | null];
  return code ?? 1;
}

/** How long vitest has to end when it is told to. */
const LAST_WORDS_MS = 5_000;
let endAll = (): void => process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'holdfast-engines-'));
process.env['HOLDFAST_ENGINES_FOLDER'] = folder;
process.on('exit', () => cleanUp(folder));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => endAll());
try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
