import { ownElector, Thread } from '../threads.ts';
import { copyWith } from './copy.ts';
import { known } from './known.ts';
import type { Mutant, Verdict } from './mutant.ts';
import { plausible } from './plausible.ts';

export const mutants: readonly Mutant[] = [...known, ...plausible];

/** A mutant that has come through so many runs has survived. */
const MOST_RUNS = 5_000;
const THREADS = 2;

/** Runs every mutant until it breaks a rule which the elector itself does not break under that seed. */
export async function hunt(list: readonly Mutant[] = mutants, mostRuns = MOST_RUNS): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const left = [...list.entries()];
  const work = async (thread: Thread): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      verdicts[next[0]] = await huntOne(thread, next[1], mostRuns);
  };
  const threads = Array.from({ length: THREADS }, () => new Thread());
  try {
    await Promise.all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
  return verdicts;
}

async function huntOne(thread: Thread, mutant: Mutant, mostRuns: number): Promise<Verdict> {
  const copy = copyWith(mutant);
  try {
    const { runs, findings } = await thread.run({ elector: copy.elector, than: ownElector, from: 1, to: 1 + mostRuns, most: 1 });
    return { name: mutant.name, bug: mutant.bug, rule: findings[0]?.rule, runs };
  } finally {
    copy.remove();
  }
}

/** As a table in Markdown. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, bug, rule, runs }) => `| ${name} | ${bug} | ${rule ?? 'survives'} | ${runs} |`);
  return ['| mutant | bug | breaks | runs |', '|---|---|---|---|', ...rows].join('\n');
}
