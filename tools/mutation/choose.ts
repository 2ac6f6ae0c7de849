// Which of a package's mutants a run tries: all of them, unless it is to be a short one.
import { execFileSync } from 'node:child_process';
import { seededRandom } from '../../packages/core/src/testing/seeded-random.ts';
import type { Mutant } from './mutant.ts';

export interface Choice {
  /** A part of the path of the files. */
  readonly file?: string | undefined;
  /** A commit: only mutants on lines changed since then. */
  readonly since?: string | undefined;
  /** This many, drawn at random. */
  readonly sample?: number | undefined;
  readonly seed: number;
}

export const isEverything = ({ file, since, sample }: Choice): boolean => (file ?? since ?? sample) === undefined;

export function choose(root: string, mutants: readonly Mutant[], { file, since, sample, seed }: Choice): Mutant[] {
  const changed = since === undefined ? undefined : changedLines(root, since);
  const chosen = mutants.filter((mutant) => {
    return mutant.file.includes(file ?? '') && (changed?.get(mutant.file)?.has(mutant.line) ?? changed === undefined);
  });
  if (sample === undefined || sample >= chosen.length) return chosen;
  const random = seededRandom(seed);
  const drawn = chosen.map((mutant) => ({ mutant, lot: random() })).toSorted((a, b) => a.lot - b.lot);
  return drawn
    .slice(0, sample)
    .map(({ mutant }) => mutant)
    .toSorted((a, b) => a.id - b.id);
}

/** The lines of each file that differ from those at a commit, files that git does not know yet included. */
function changedLines(root: string, since: string): Map<string, ReadonlySet<number>> {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const lines = new Map<string, Set<number>>();
  let current = new Set<number>();
  for (const line of git('diff', '--unified=0', '--no-ext-diff', '--no-color', since, '--', 'packages').split('\n')) {
    if (line.startsWith('+++ b/')) lines.set(line.slice(6), (current = new Set()));
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null) continue;
    for (let count = Number(hunk[2] ?? 1); count > 0; count--) current.add(Number(hunk[1]) + count - 1);
  }
  const isAny = { has: () => true } as unknown as ReadonlySet<number>;
  const added = git('ls-files', '--others', '--exclude-standard', '--', 'packages').split('\n');
  return new Map([...lines, ...added.map((path): [string, ReadonlySet<number>] => [path, isAny])]);
}
