import type { Answer, Effort, Question } from '../answer.ts';
import { askChild } from '../child.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { chosen, compare } from '../harness/compare.ts';
import type { Subject } from '../harness/subject.ts';
import { oneOpossum, subjects } from './standard-pipeline/subjects.ts';

/** The budget names one opossum breaker, so each of ours is set beside one in the same turns. */
const besideOpossum = subjects
  .filter(({ ours, bare }) => ours && bare === undefined)
  .map((subject): Subject => ({ ...subject, bare: oneOpossum }));

async function ask(effort: Effort): Promise<Answer> {
  const rows = (await compare(chosen(subjects, effort), { effort })).map(costRow);
  const beside = await compare(besideOpossum, { effort });
  const timers = await askChild<Record<string, number>>(new URL('standard-pipeline/count-timers.ts', import.meta.url));
  return {
    id: 'standard-pipeline',
    title: 'What does the standard pipeline cost?',
    about: `A successful call, one at a time, through whole pipelines. *The standard seven* are fallback, deadline, shed, retry, circuit
breaker, bulkhead and hard time-out; the place of the load shedder is held by a bulkhead without a queue, which does the same kind of
arithmetic. \`resilient()\` as it comes has six of them. *Four guards* are two breakers and two bulkheads. cockatiel's wrap of five is
fallback, retry, breaker, bulkhead and time-out; it has no deadline. opossum's one breaker has a time-out of 10 s, its default, and so a
timer for each call. The nested three mostly wait, since bottleneck parks each job on a timer; *computing* leaves that out.

The operation waits for one microtask and does nothing else, so that the whole difference is the policies'. Over one that does not even
wait the same nanoseconds are twice the ratio, ours and everybody's: one row shows it. Over one that takes a millisecond nothing is to be seen.`,
    columns: [
      ...costColumns,
      { key: 'ofOpossum', title: '× one opossum breaker', unit: 'ratio' },
      { key: 'timers', title: 'timers set by 1,000 calls', unit: 'count' },
    ],
    rows: rows.map((row) => {
      const compared = beside.find(({ name }) => name === row.subject);
      return {
        ...row,
        ofOpossum: compared?.ratio.median ?? null,
        cpuOfOpossum: compared?.cpuRatio ?? null,
        timers: timers[row.subject] ?? null,
      };
    }),
    charts: [{ kind: 'bars', title: 'A call through the whole pipeline, × bare', value: 'ratio', limit: 4, logarithmic: true }],
  };
}

export const question: Question = { id: 'standard-pipeline', ask };
