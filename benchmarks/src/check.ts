/**
 * `pnpm bench:check`: measures what the budget is about, shortly, prints a line for each limit and fails when one is missed.
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
  return judge(answers, 'short');
}

function asLine({ what, measured, limit, unit, marginRatio, sense, met }: Verdict): string[] {
  const budget = `${sense === 'atLeast' ? '≥' : '≤'} ${figure(limit, unit)}`;
  return [what, figure(measured, unit), unit, budget, `${100 * marginRatio} %`, met ? 'ok' : 'OVER'];
}

let verdicts = await measure(BUDGET.map(({ question }) => question));
const over = verdicts.filter(({ met }) => !met);
if (over.length > 0) {
  console.log(`once more, because it was over: ${over.map(({ what }) => what).join(', ')}`);
  const again = await measure(over.map(({ question }) => question));
  verdicts = verdicts.map((verdict, i) => (verdict.met ? verdict : better(verdict, again[i]!)));
}
console.log(`\n${aligned([['', 'measured', 'in', 'budget', 'margin', ''], ...verdicts.map(asLine)]).join('\n')}`);
if (verdicts.some(({ met }) => !met)) process.exitCode = 1;
