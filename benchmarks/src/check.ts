/**
 * `pnpm bench:check`: measures what the budget is about, shortly, prints a line for each limit and fails when one is missed, or where one is not
 * reached yet when what is held so far is missed.
 *
 * What is over is measured once more, in new processes, and counts only if it is over again: a busy moment is not there twice, a call that has
 * become dearer is.
 */
import type { Answer } from './answer.ts';
import { better, BUDGET, judge } from './budget.ts';
import type { Verdict } from './budget.ts';
import { aligned, figure } from './harness/table.ts';
import { askAlone } from './questions.ts';

async function measure(questions: Iterable<string>): Promise<Verdict[]> {
  const answers: Answer[] = [];
  for (const id of new Set(questions)) {
    console.log(`asking ${id} …`);
    try {
      answers.push(await askAlone(id, 'short'));
    } catch (error) {
      console.error(error); // its lines have no figure then, and are not met
    }
  }
  return judge(answers, 'short', budget);
}

function asLine(verdict: Verdict): string[] {
  const { what, measured, limit, held, unit, marginRatio, sense } = verdict;
  const sign = sense === 'atLeast' ? '≥' : '≤';
  return [
    what,
    figure(measured, unit),
    unit,
    `${sign} ${figure(limit, unit)}`,
    held === undefined ? '' : `${sign} ${figure(held.limit, unit)}`,
    `${100 * marginRatio} %`,
    wordFor(verdict),
  ];
}

function wordFor({ met, kept, held }: Verdict): string {
  if (met) return 'ok';
  return kept ? `not yet: ${held!.why} (${held!.see})` : 'OVER';
}

const budget = BUDGET.filter(({ onlyFull }) => onlyFull !== true);

let verdicts = await measure(budget.map(({ question }) => question));
const over = verdicts.filter(({ kept }) => !kept);
if (over.length > 0) {
  console.log(`once more, because it was over: ${over.map(({ what }) => what).join(', ')}`);
  const again = await measure(over.map(({ question }) => question));
  verdicts = verdicts.map((verdict, i) => (verdict.kept ? verdict : better(verdict, again[i]!)));
}
console.log(`\n${aligned([['', 'measured', 'in', 'budget', 'held so far', 'margin', ''], ...verdicts.map(asLine)]).join('\n')}`);
if (verdicts.some(({ kept }) => !kept)) process.exitCode = 1;
