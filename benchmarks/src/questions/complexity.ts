import { bulkhead, circuitBreaker, pipeline, subscribe } from 'holdfast';
import type { Pipeline } from 'holdfast';
import type { Answer, Effort, Question, Row } from '../answer.ts';
import { compare } from '../harness/compare.ts';
import type { Comparison } from '../harness/compare.ts';
import { operation } from '../harness/subject.ts';
import type { Subject } from '../harness/subject.ts';

const COUNTS = [0, 1, 2, 4, 8, 16] as const;

interface Case {
  readonly what: 'policies' | 'subscribers' | 'pipelines around pipelines';
  readonly count: number;
  readonly subject: Subject;
}

function ofPolicies(count: number): Pipeline {
  const policies = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? circuitBreaker : bulkhead)({ name: `policy ${i}` }));
  return pipeline(`of ${count}`, ...policies);
}

/** `count` of them around an empty one. */
function nested(count: number): Pipeline {
  return count === 0 ? pipeline('innermost') : pipeline(`${count} deep`, nested(count - 1));
}

/** Listeners of their own, as telemetry, dashboard and tests are. */
function subscribers(count: number): () => void {
  const ends = Array.from({ length: count }, () => subscribe(() => {}));
  return () => ends.forEach((end) => end());
}

function caseOf(what: Case['what'], count: number, through: Pipeline, during: Subject['during']): Case {
  const subject = { name: `${count} ${what}`, ours: true, call: () => through.run(operation) };
  return { what, count, subject: during === undefined ? subject : { ...subject, during } };
}

const one = ofPolicies(1);
const cases: readonly Case[] = [
  ...COUNTS.map((count) => caseOf('policies', count, ofPolicies(count), undefined)),
  ...COUNTS.map((count) => caseOf('subscribers', count, one, () => subscribers(count))),
  ...COUNTS.map((count) => caseOf('pipelines around pipelines', count, nested(count), undefined)),
];

/** Nanoseconds each one adds to the call with none of them, all on the same yardstick: the bare call of the whole run. */
function eachNs(comparisons: readonly Comparison[], index: number, bareNs: number): number | null {
  const { what, count } = cases[index]!;
  if (count === 0) return null;
  const none = cases.findIndex((one) => one.what === what && one.count === 0);
  return ((comparisons[index]!.ratio.median - comparisons[none]!.ratio.median) * bareNs) / count;
}

async function ask(effort: Effort): Promise<Answer> {
  const comparisons = await compare(
    cases.map(({ subject }) => subject),
    { effort },
  );
  const bareNs = comparisons[0]!.bareNs;
  const rows = cases.map(({ what, count }, i): Row => {
    const { name, ratio, ns, bytes } = comparisons[i]!;
    return { subject: name, ours: true, what, count, ratio: ratio.median, ns, each: eachNs(comparisons, i, bareNs), bytes };
  });
  const lines = { x: 'count', y: 'ratio', series: 'what' };
  return {
    id: 'complexity',
    title: 'How does the cost grow?',
    about: `A successful call through pipelines of 0 to 16 policies (breakers and bulkheads in turn); through one breaker with 0 to 16
subscribers to all events, each of which does nothing; and through an empty pipeline inside 0 to 16 others. *Each* is what one of them adds:
where it does not grow with their number, the cost grows linearly at worst. The first subscriber costs more than the others, because the events
are made for it. A pipeline inside a pipeline begins a call of its own, which costs far more than a policy.`,
    columns: [
      { key: 'what', title: 'number of', unit: 'text' },
      { key: 'count', title: 'how many', unit: 'count' },
      { key: 'ratio', title: '× bare', unit: 'ratio' },
      { key: 'ns', title: 'a call', unit: 'ns' },
      { key: 'each', title: 'each adds', unit: 'ns' },
      { key: 'bytes', title: 'garbage over bare', unit: 'bytes' },
    ],
    rows,
    charts: [
      { kind: 'lines', title: 'A call, × bare, by how many there are', ...lines, only: ['policies', 'subscribers'] },
      {
        kind: 'lines',
        title: 'A call, × bare, by how many pipelines are around it',
        ...lines,
        only: ['pipelines around pipelines'],
      },
    ],
  };
}

export const question: Question = { id: 'complexity', ask };
