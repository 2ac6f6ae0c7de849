/**
 * Asks one question in a process of its own, and prints the answer:
 *
 *   node --expose-gc src/ask.ts standard-pipeline --short
 *
 * `--short` is a matter of seconds; `--json` prints the answer as JSON in the last line, for another process to read.
 */
import { parseArgs } from 'node:util';
import type { Question } from './answer.ts';
import { asText } from './harness/table.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const [id] = positionals;
if (id === undefined) throw new Error('ask which question? One of src/questions, such as: ask.ts standard-pipeline --short');
const { question } = (await import(`./questions/${id}.ts`)) as { question: Question };
const answer = await question.ask(values.short ? 'short' : 'full');
// Written to the end before it leaves; and it leaves by force, because timers of peers would keep the process.
process.stdout.write(`\n${values.json ? JSON.stringify(answer) : asText(answer)}\n`, () => process.exit(0));
