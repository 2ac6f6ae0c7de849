import type { Answer, Effort, Question, Row } from '../answer.ts';
import { askChild } from '../child.ts';
import { median } from '../harness/statistics.ts';
import type { Figures } from './in-flight/figures.ts';
import { NAMES, SUBJECTS } from './in-flight/subjects.ts';
import type { SubjectName } from './in-flight/subjects.ts';

/** Megabytes of the heap a million calls must fit into. */
const HEAP_MB = 4_096;
const SCRIPT = new URL('in-flight/measure.ts', import.meta.url);
const BARE: SubjectName = 'a call and no limit';

const EXTENT = { short: { calls: 100_000, rounds: 1 }, full: { calls: 1_000_000, rounds: 3 } } as const;

/** A short run is for what is ours. */
const asked = (effort: Effort): readonly SubjectName[] =>
  NAMES.filter((name) => effort === 'full' || SUBJECTS[name].ours || name === BARE);

function figuresOf(name: SubjectName, calls: number): Promise<Figures> {
  return askChild<Figures>(SCRIPT, {
    flags: ['--expose-gc', `--max-old-space-size=${HEAP_MB}`],
    args: [name, calls],
  });
}

function rowOf(name: SubjectName, calls: number, rounds: readonly Figures[], bare: readonly Figures[]): Row {
  const of = (pick: (figures: Figures) => number): number => median(rounds.map(pick));
  return {
    subject: name,
    ours: SUBJECTS[name].ours,
    calls,
    bytes: of(({ bytes }) => bytes),
    begin: of(({ beginNs }) => beginNs),
    turn: of(({ turnNs }) => turnNs),
    end: of(({ endNs }) => endNs),
    ratio: median(rounds.map((figures, round) => wholeNs(figures) / wholeNs(bare[round]!))),
    expire: rounds[0]!.expireNs === null ? null : of(({ expireNs }) => expireNs ?? 0),
  };
}

const wholeNs = ({ beginNs, turnNs, endNs }: Figures): number => beginNs + turnNs + endNs;

async function ask(effort: Effort): Promise<Answer> {
  const { calls, rounds } = EXTENT[effort];
  const names = asked(effort);
  const found = new Map<SubjectName, Figures[]>(names.map((name) => [name, []]));
  const countOf = (name: SubjectName): number => Math.min(calls, SUBJECTS[name].most);
  for (let round = 0; round < rounds; round++) {
    for (const [name, figures] of found) figures.push(await figuresOf(name, countOf(name)));
  }
  return {
    id: 'in-flight',
    title: 'Can a million calls be in flight at once?',
    about: `All calls begin in one turn of the event loop, stay in flight, and are answered together; then as many again that are never \
answered, until the time of all is over at once. Each subject in a process of its own with a heap of ${HEAP_MB / 1_024} GB; what is asked with \
fewer calls would fill it, or take minutes. Times are of the main thread's processor for each call, so waiting is not in them; \
*bytes* are what a call keeps while it is in flight, the operation's own promises included; *turn* is what it costs at the end of the \
turn in which it began, when the timer wheel counts its time and sorts it in. *× bare* is begin, turn and end together, to a call \
without any limit. Medians of ${rounds} processes.

An alarm, and a system timer, alone show what is the timers' part: the wheel has one system timeout for all.`,
    columns: [
      { key: 'calls', title: 'calls in flight', unit: 'count' },
      { key: 'bytes', title: 'bytes each', unit: 'bytes' },
      { key: 'begin', title: 'begin', unit: 'ns' },
      { key: 'turn', title: 'turn', unit: 'ns' },
      { key: 'end', title: 'end', unit: 'ns' },
      { key: 'ratio', title: '× bare', unit: 'ratio' },
      { key: 'expire', title: 'expire', unit: 'ns' },
    ],
    rows: names.map((name) => rowOf(name, countOf(name), found.get(name)!, found.get(BARE)!)),
    charts: [
      { kind: 'bars', title: 'Bytes of a call in flight', value: 'bytes' },
      { kind: 'bars', title: 'Processor time when all expire at once, ns a call', value: 'expire', logarithmic: true },
    ],
  };
}

export const question: Question = { id: 'in-flight', ask };
