import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bug } from './bugs.ts';
import type { ElectorClass } from './world.ts';

const SOURCES = join(import.meta.dirname, '../../src');

/**
 * Runs with a machine that has this bug: a copy of the sources, changed, which is gone afterwards.
 * @throws {Error} if what the bug replaces is not there, or there more than once: the machine has changed, and the bug must follow it.
 */
export async function withBug<T>(bug: Bug, run: (Machine: ElectorClass) => T): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'elector-'));
  try {
    await mkdir(join(folder, 'elector'));
    await cp(join(SOURCES, 'elector'), join(folder, 'elector'), {
      recursive: true,
      filter: (path) => !path.endsWith('.test.ts'),
    });
    const file = join(folder, 'elector', bug.file);
    await writeFile(file, sown(bug, await readFile(file, 'utf8')));
    const { Elector } = (await import(pathToFileURL(join(folder, 'elector/elector.ts')).href)) as { Elector: ElectorClass };
    return run(Elector);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sown({ name, file, find, replace }: Bug, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`"${name}" cannot be sown: ${file} has "${find}" ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
