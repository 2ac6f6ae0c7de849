/**
 * `pnpm bench`: asks every question, one after another, each in a process of its own, prints the answers, and writes `results.json` and the
 * page drawn from it. All of them, because the page is of one run; for a look at one there is `ask.ts`. Takes twenty to thirty minutes.
 */
import { fileURLToPath } from 'node:url';
import type { Answer } from './answer.ts';
import { asText } from './harness/table.ts';
import { writePage } from './page/write.ts';
import { askAlone, QUESTIONS } from './questions.ts';
import { saveResults } from './results.ts';
import { thisMachine } from './this-machine.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const machine = thisMachine();

const answers: Answer[] = [];
for (const [index, id] of QUESTIONS.entries()) {
  console.log(`asking ${id} … (${index + 1} of ${QUESTIONS.length})`);
  const answer = await askAlone(id, 'full');
  console.log(`${asText(answer)}\n`);
  answers.push(answer);
}
const results = { machine, answers };
saveResults(root, results);
writePage(root, results);
