import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from '../../harness/statistics.ts';

const run = promisify(execFile);

/** What one import took, in milliseconds. */
export interface ImportTime {
  /** From the `import()` to its end. */
  readonly wallMs: number;
  /** Computing time of all threads of the process meanwhile: Node reads files on others. */
  readonly cpuMs: number;
}

/** In a fresh process: what the first `import()` of a package takes. */
async function importOnce(script: string, specifier: string): Promise<ImportTime> {
  const { NODE_OPTIONS: _options, NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const { stdout } = await run(process.execPath, [script, specifier], { env });
  return JSON.parse(stdout) as ImportTime;
}

/**
 * Printed before the peers' timers end, which would keep the process. Node makes `performance` when it is first read, in about 1 ms;
 * it is read before, as `node:http` does in a service.
 */
export const SCRIPT = `const start = performance.now();
const cpuBefore = process.cpuUsage();
await import(process.argv[2]);
const cpu = process.cpuUsage(cpuBefore);
const wallMs = performance.now() - start;
process.stdout.write(JSON.stringify({ wallMs, cpuMs: (cpu.user + cpu.system) / 1000 }), () => process.exit(0));
`;

/** An import, and that of an empty package in the process before it. */
export interface ImportPair {
  readonly package: ImportTime;
  readonly empty: ImportTime;
}

/**
 * What an import takes beyond that of an empty package: how Node finds a package is not a library's doing. Of the wall-clock times the
 * median; of the computing times the least, which is what other work on the machine disturbs least.
 */
export function beyondEmpty(pairs: readonly ImportPair[]): ImportTime {
  const least = (times: readonly ImportTime[]): number => Math.min(...times.map(({ cpuMs }) => cpuMs));
  return {
    wallMs: Math.max(0, median(pairs.map((pair) => pair.package.wallMs - pair.empty.wallMs))),
    cpuMs: Math.max(0, least(pairs.map((pair) => pair.package)) - least(pairs.map(({ empty }) => empty))),
  };
}

/** The time of each import, beyond that of the package named `empty`, which every other process imports. */
export async function importTimes(
  script: string,
  specifiers: readonly string[],
  empty: string,
  rounds: number,
): Promise<ReadonlyMap<string, ImportTime>> {
  const pairs = new Map<string, ImportPair[]>(specifiers.map((specifier) => [specifier, []]));
  for (const specifier of [empty, ...specifiers]) await importOnce(script, specifier); // the file system's cache
  for (let round = 0; round < rounds; round++) {
    for (const [specifier, taken] of pairs) {
      const before = await importOnce(script, empty);
      taken.push({ package: await importOnce(script, specifier), empty: before });
    }
  }
  return new Map([...pairs].map(([specifier, taken]) => [specifier, beyondEmpty(taken)]));
}
