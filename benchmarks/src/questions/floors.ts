import { bulkhead, pipeline, timeout } from 'holdfast';
import type { Answer, Effort, Question } from '../answer.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { compare } from '../harness/compare.ts';
import { operation } from '../harness/subject.ts';
import type { Subject } from '../harness/subject.ts';
import { listed, writtenOut } from './floors/standard-seven.ts';
import { awaited, handled, raced, racedAwaited, racedWithoutStack } from './floors/programs.ts';
import type { Program } from './floors/programs.ts';
import { standardSeven } from './standard-pipeline/standard-seven.ts';

const floor = (name: string, program: Program): Subject => ({ name, ours: false, call: () => program(operation) });
const nothing = pipeline('nothing');
const one = pipeline('one', bulkhead());
const limited = pipeline('limited', timeout({ ms: 500 }));
const seven = standardSeven();

const subjects: readonly Subject[] = [
  floor('told of the end, as a handler', handled),
  floor('told of the end, as an async function', awaited),
  { name: 'holdfast: a pipeline of nothing', ours: true, call: () => nothing.run(operation) },
  { name: 'holdfast: a bulkhead', ours: true, call: () => one.run(operation) },
  floor('can be ended, and told of the end, as a handler', raced),
  floor('can be ended, and told of the end, as an async function', racedAwaited),
  floor('can be ended, and told of the end, without a whole stack', racedWithoutStack),
  { name: 'holdfast: a hard time-out', ours: true, call: () => limited.run(operation) },
  floor('the standard seven, written out', writtenOut),
  floor('the standard seven, in a list', listed),
  { name: 'holdfast: the standard seven', ours: true, call: () => seven.run(operation) },
];

async function ask(effort: Effort): Promise<Answer> {
  return {
    id: 'floors',
    title: 'What does V8 ask for, before any policy?',
    about: `The smallest programs that do what every pipeline must: [\`programs.ts\`](../benchmarks/src/questions/floors/programs.ts). Each is
told when the call has ended; with a hard time limit the call must also end while its operation goes on, which takes a promise of its own;
and the stack of an error must lead back to the caller. They have one object each and no policy. What a pipeline costs above them is ours.
[\`standard-seven.ts\`](../benchmarks/src/questions/floors/standard-seven.ts) adds the bare arithmetic of the standard seven: *written out* as \
one function, which nobody can put together at run time, and *in a list* of policies, which is what a pipeline is. Nothing in it can be changed, watched, \
retried or cancelled.`,
    columns: costColumns,
    rows: (await compare(subjects, { effort })).map(costRow),
    charts: [{ kind: 'bars', title: 'The least V8 asks for, × bare', value: 'ratio' }],
  };
}

export const question: Question = { id: 'floors', ask };
