import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mutant } from './mutant.ts';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** A copy of the elector with a bug in it, in a folder of its own. */
export interface Copy {
  /** URL of its elector.ts. */
  readonly elector: string;
  remove(): void;
}

/** @throws {Error} if the text that a bug replaces is not there, or more than once: then the mutant has to be written anew. */
export function copyWith({ name, edits }: Mutant): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutant-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const part of ['elector', 'lease.ts', 'store.ts']) cpSync(join(source, part), join(folder, part), { recursive: true });
    for (const { file, find, replace } of edits) {
      const path = join(folder, 'elector', file);
      const parts = readFileSync(path, 'utf8').split(find);
      if (parts.length !== 2) {
        throw new Error(
          `Mutant "${name}": src/elector/${file} has its text ${parts.length - 1} times, not once. Write the mutant anew.\n${find}`,
        );
      }
      writeFileSync(path, parts.join(replace));
    }
    return { elector: pathToFileURL(join(folder, 'elector/elector.ts')).href, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
