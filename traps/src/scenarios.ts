import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scenario } from './scenario.ts';

export interface ScenarioFile {
  /** URL, to import it by. */
  readonly file: string;
  /** Relative to the root of the workspace. */
  readonly path: string;
  readonly scenario: Scenario;
}

const root = join(import.meta.dirname, '../..');

/** All scenarios, or those of one package, in the order of their traps. A file is one when it is named by a trap's number. */
export async function scenarios(packageName = '*'): Promise<ScenarioFile[]> {
  const paths = globSync(`packages/${packageName}/test/traps/t[0-9][0-9]-*.ts`, { cwd: root });
  const found = paths.map(async (path) => {
    const file = pathToFileURL(join(root, path)).href;
    const { scenario } = (await import(file)) as { scenario: Scenario };
    return { file, path, scenario };
  });
  return (await Promise.all(found)).toSorted((a, b) => (basename(a.path) < basename(b.path) ? -1 : 1));
}
