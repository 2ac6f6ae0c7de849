import type { Explanation, Layer } from './explain.ts';
import type { PolicyTraits } from './traits.ts';

/** An explanation to be read, in lines of a table's width. */
export function textOf({
  pipeline,
  worstCaseMs,
  unboundedAnswers,
  attempts,
  amplification,
  layers,
  findings,
}: Explanation): string {
  const inAll = amplification < attempts ? `; in the long run ${round(amplification)} times the load` : '';
  const rows = [HEAD, ...layers.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const table = rows.map((cells) => `  ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
  const remarks = findings.map(({ severity, policies, message }) => {
    const about = policies.length === 0 ? '' : ` ${policies.join(' > ')}:`;
    return `  ${severity}:${about} ${message}`;
  });
  return [
    `${pipeline}: ends within ${length(worstCaseMs, unboundedAnswers)}; ${times(attempts)}${inAll}`,
    '',
    ...table,
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
  ].join('\n');
}

const HEAD: readonly string[] = ['policy', 'what it may do', 'with all inside it'];

function row({ policy, traits, worstCaseMs, unboundedAnswers, attempts }: Layer): readonly string[] {
  const parts = DOES.map((does) => does(traits)).filter((part) => part !== undefined);
  return [policy, parts.join(', ') || '–', `${length(worstCaseMs, unboundedAnswers)}, ${times(attempts)}`];
}

const DOES: readonly ((traits: PolicyTraits) => string | undefined)[] = [
  ({ waitMs = 0 }) => (waitMs > 0 ? `waits up to ${duration(waitMs)}` : undefined),
  ({ limitMs, cooperative }) =>
    limitMs === undefined || limitMs === Number.POSITIVE_INFINITY
      ? undefined
      : `${cooperative === true ? 'tells it to end' : 'ends it'} after ${duration(limitMs)}`,
  ({ attempts = 1, betweenMs = 0, askedMs = 0, parallel }) =>
    attempts > 1
      ? `up to ${attempts} attempts${parallel === true ? ' side by side' : ''}, ${duration(betweenMs)} between them${askedMs > betweenMs ? ` (${duration(askedMs)} if asked to)` : ''}`
      : undefined,
  ({ answerMs }) => (answerMs === undefined ? undefined : `may answer in its place`),
  ({ refuses }) => (refuses === true ? 'refuses what is too much' : undefined),
  ({ judges }) => (judges === true ? 'refuses when too much fails' : undefined),
  ({ slowCallMs }) => (slowCallMs === undefined ? undefined : `slow from ${duration(slowCallMs)} on`),
  ({ holds }) => (holds === true ? 'holds a permit' : undefined),
];

const times = (attempts: number): string => (attempts === 1 ? '1 attempt' : `up to ${attempts} attempts`);
const length = (worstCaseMs: number, answers: readonly string[]): string =>
  `${duration(worstCaseMs)}${answers.map((policy) => ` + ${policy}`).join('')}`;
const duration = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? 'any time' : `${round(ms)} ms`);
const round = (value: number): string => String(Math.round(value * 100) / 100);
