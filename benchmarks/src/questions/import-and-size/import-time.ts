import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from '../../harness/statistics.ts';

const run = promisify(execFile);

/** In a fresh process: how long the first `import()` of a package takes, in milliseconds. */
async function importOnce(script: string, specifier: string): Promise<number> {
  const { NODE_OPTIONS: _options, NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const { stdout } = await run(process.execPath, [script, specifier], { env });
  return Number(stdout);
}

/** Printed before the peers' timers end, which would keep the process. */
export const SCRIPT = `const start = performance.now();
await import(process.argv[2]);
const took = performance.now() - start;
process.stdout.write(String(took), () => process.exit(0));
`;

/**
 * Milliseconds of each import beyond that of an empty module, which every other process imports: Node's own first import is not a
 * library's doing.
 */
export async function importTimes(
  script: string,
  specifiers: readonly string[],
  empty: string,
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(specifiers.map((specifier) => [specifier, []]));
  await importOnce(script, empty); // the file system's cache
  for (const specifier of specifiers) await importOnce(script, specifier);
  for (let round = 0; round < rounds; round++) {
    for (const [specifier, took] of times) {
      const emptyMs = await importOnce(script, empty);
      took.push((await importOnce(script, specifier)) - emptyMs);
    }
  }
  return new Map([...times].map(([specifier, took]) => [specifier, Math.max(0, median(took))]));
}
