import type { Answer, Column, Effort } from './answer.ts';

/** One line of the budget: which figure of which question must not be more (or less) than what. */
export interface Limit {
  readonly what: string;
  /** Where the figure stands: the question's id, the row's subject, the column's key. */
  readonly question: string;
  readonly subject: string;
  readonly column: string;
  /** Where a short run finds it instead: a ratio of computing times, which a machine busy with other things tells, too; or a smaller case. */
  readonly short?: { readonly subject?: string; readonly column?: string };
  readonly unit: Column['unit'];
  readonly limit: number;
  /**
   * What holds until the limit is reached, why that is not so yet, and the question that shows it: `bench:check` fails beyond this one, so
   * that nothing gets worse meanwhile. The page shows the limit, and why.
   */
  readonly held?: { readonly limit: number; readonly why: string; readonly see: string };
  /** Not asked in a short run, which would be too short for it. */
  readonly onlyFull?: boolean;
  /** @default 'atMost' */
  readonly sense?: 'atMost' | 'atLeast';
  /** By which share of the limit a short run may be beyond it. */
  readonly marginRatio: number;
}

/** A line with what was measured. */
export interface Verdict extends Limit {
  /** `null` where the question has no such figure: not met. */
  readonly measured: number | null;
  readonly met: boolean;
  /** Whether at least what is held so far is kept. */
  readonly kept: boolean;
}

/**
 * A process lays out and inlines the same code differently from the next one, by about 5 %; neighbours that compete for caches and for the
 * halves of a core move a median of 25 pairs by as much again. So a short run sees what is a tenth too dear; the page has a long run's medians.
 */
const PROCESSES = 0.1;
/** Both sides of the ratio are laid out anew: 0.52 to 0.64 were seen in short runs of the same code. */
const TWO_LIBRARIES = 0.2;
/** The same code makes the same garbage, but for objects V8 does without in one process and not in another: up to 450 bytes a call were seen. */
const GARBAGE = 0.05;
/** What is counted, or is the same in each run. */
const NONE = 0;
/** The least of five beside the least of five: 3.7 to 5.9 ms were seen where the computing time itself went from 4.5 to 7.8. */
const LEAST_OF_FEW = 0.4;
/** Throughput of two loops over sockets that take turns: shorter turns are noisier, and there is no quartile to read. */
const SOCKETS = 0.05;

const ratioTo = (limit: number): Pick<Limit, 'column' | 'short' | 'unit' | 'limit' | 'marginRatio'> => ({
  column: 'ratio',
  short: { column: 'cpuRatio' },
  unit: 'ratio',
  limit,
  marginRatio: PROCESSES,
});

const held =
  (why: string, see: string) =>
  (limit: number): Pick<Limit, 'held'> => ({ held: { limit, why, see } });
const heldByV8 = held('V8 alone asks for most of it', 'floors');
const heldByFloor = held('its bare arithmetic asks for most of it', 'floors');
const heldByEntry = held('all of it is in one entry; what one takes of it is smaller', 'import-and-size');
const heldBySignal = held('without a signal no request can be ended, and a signal alone costs as much', 'http');

const seven = { question: 'standard-pipeline', subject: 'holdfast: the standard seven' };

export const BUDGET: readonly Limit[] = [
  {
    what: 'A circuit breaker alone',
    question: 'policies-alone',
    subject: 'circuit breaker: holdfast',
    ...ratioTo(2.2),
    ...heldByV8(3),
  },
  { what: 'A bulkhead alone', question: 'policies-alone', subject: 'bulkhead: holdfast', ...ratioTo(2.2), ...heldByV8(3) },
  {
    what: 'A rate limit alone',
    question: 'policies-alone',
    subject: 'rate limit: holdfast',
    ...ratioTo(2.2),
    ...heldByV8(3.3),
  },
  {
    what: 'Four guards in one pipeline',
    question: 'standard-pipeline',
    subject: 'holdfast: four guards',
    ...ratioTo(2.8),
    ...heldByV8(3.5),
  },
  { what: 'The standard seven', ...seven, ...ratioTo(4), ...heldByFloor(5.4) },
  {
    what: 'The standard seven, in breakers of opossum',
    ...seven,
    ...ratioTo(0.6),
    column: 'ofOpossum',
    short: { column: 'cpuOfOpossum' },
    marginRatio: TWO_LIBRARIES,
  },
  { what: 'Garbage of the standard seven', ...seven, column: 'bytes', unit: 'bytes', limit: 2_048, marginRatio: GARBAGE },
  // One for all calls, which may have been set by the first.
  { what: 'Timers that 1,000 calls set', ...seven, column: 'timers', unit: 'count', limit: 1, marginRatio: NONE },
  { what: 'Refusing: open circuit', question: 'refusals', subject: 'open circuit: holdfast', ...ratioTo(1.5) },
  { what: 'Refusing: full bulkhead', question: 'refusals', subject: 'full bulkhead: holdfast', ...ratioTo(1.5) },
  { what: 'Refusing: shed', question: 'refusals', subject: 'shed, outermost of three: holdfast', ...ratioTo(1.5) },
  {
    what: 'Being observable, unobserved',
    question: 'telemetry',
    subject: 'no subscriber',
    column: 'unheardPercent',
    unit: 'percent',
    limit: 2,
    marginRatio: NONE, // counted, times the best of many runs
  },
  {
    what: 'An idle breaker',
    question: 'keyed-breakers',
    subject: 'one breaker, no key',
    column: 'idle',
    unit: 'bytes',
    limit: 1_024,
    marginRatio: GARBAGE,
  },
  {
    what: 'Each of 100,000 keyed breakers, with its key: 150 MB for all',
    question: 'keyed-breakers',
    subject: 'keyed, 100000 keys at random',
    column: 'used',
    short: { subject: 'keyed, 10000 keys at random' },
    unit: 'bytes',
    limit: 1_500,
    marginRatio: GARBAGE,
  },
  {
    what: 'Import of @holdfast/core',
    question: 'import-and-size',
    subject: '@holdfast/core',
    // Rather than the wall-clock time beside it, which a busy machine doubles. On an idle one they are the same.
    column: 'importCpuMs',
    // In another hour the same machine may compute for 7.7 ms; and then a peer takes longer, too.
    short: { column: 'importAtRestMs' },
    unit: 'ms',
    limit: 5,
    marginRatio: LEAST_OF_FEW,
  },
  {
    what: 'Size of @holdfast/core, minified and zipped',
    question: 'import-and-size',
    subject: '@holdfast/core',
    column: 'gzipped',
    unit: 'bytes',
    limit: 8_000,
    ...heldByEntry(16_000),
    marginRatio: NONE,
  },
  {
    what: 'Size of holdfast, minified and zipped',
    question: 'import-and-size',
    subject: 'holdfast',
    column: 'gzipped',
    unit: 'bytes',
    limit: 30_000,
    ...heldByEntry(44_500),
    marginRatio: NONE,
  },
  {
    what: 'HTTP through resilientFetch, of the bare throughput at least',
    question: 'http',
    subject: 'holdfast: resilientFetch',
    column: 'ratio',
    unit: 'ratio',
    limit: 0.95,
    ...heldBySignal(0.75),
    sense: 'atLeast',
    marginRatio: SOCKETS,
    onlyFull: true,
  },
];

/**
 * Sets the answers against the budget. Of a `full` run the figure shown is judged, without a margin; of a `short` one what a busy machine
 * tells, with the margin that keeps it from failing a good build.
 */
export function judge(answers: readonly Answer[], effort: Effort, budget: readonly Limit[] = BUDGET): Verdict[] {
  return budget.map((limit) => {
    const measured = figureOf(answers, effort === 'short' ? { ...limit, ...limit.short } : limit);
    const marginRatio = effort === 'short' ? limit.marginRatio : 0;
    const keeps = (figure: number): boolean => measured !== null && isWithin({ ...limit, limit: figure }, measured, marginRatio);
    return { ...limit, measured, met: keeps(limit.limit), kept: keeps(limit.held?.limit ?? limit.limit) };
  });
}

function figureOf(answers: readonly Answer[], { question, subject, column }: Limit): number | null {
  const row = answers.find(({ id }) => id === question)?.rows.find((row) => row.subject === subject);
  const value = row?.[column];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function isWithin({ limit, sense = 'atMost' }: Limit, measured: number, marginRatio: number): boolean {
  return sense === 'atMost' ? measured <= limit * (1 + marginRatio) : measured >= limit * (1 - marginRatio);
}

/** Of two measurements of one line the one that is kept, or else the one that is nearer to it: over is what is over twice. */
export function better(first: Verdict, second: Verdict): Verdict {
  if (first.kept || second.measured === null) return first;
  if (second.kept || first.measured === null) return second;
  const firstIsLess = first.measured <= second.measured;
  return firstIsLess === (first.sense !== 'atLeast') ? first : second;
}
