import { context, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider, NoopSpanProcessor } from '@opentelemetry/sdk-trace';
import { hub, resilient, subscribe } from 'holdfast';
import type { CallContext } from 'holdfast';
import { do_not_optimize } from 'mitata';
import type { Answer, Column, Effort, Question, Row } from '../answer.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { compare } from '../harness/compare.ts';
import { ANSWER, operation } from '../harness/subject.ts';
import type { Call, Subject } from '../harness/subject.ts';
import { now } from '../harness/turn.ts';

const observed = resilient('observed');
/** The same without anything to hear it: `subscribe` is process-wide, so `during` ends it before the bare call's turn. */
const call: Call = () => observed.run(operation);

/** A span for each attempt, active in the operation: what an integration does at the least. */
function spans(tracer: Tracer): () => void {
  const open = new Map<number, Span>();
  return subscribe(
    (event) => {
      if (event.type === 'attempt.started') open.set(event.callId, tracer.startSpan('attempt'));
      if (event.type !== 'attempt.finished') return;
      open.get(event.callId)?.end();
      open.delete(event.callId);
    },
    {
      around<T>(attempt: CallContext, run: () => T): T {
        const span = open.get(attempt.id);
        return span === undefined ? run() : context.with(trace.setSpan(context.active(), span), run);
      },
    },
  );
}

/** Whether the operation runs inside a recorded span, so that a misplaced `around` is not measured. */
async function checkSpans(tracer: Tracer): Promise<void> {
  const end = spans(tracer);
  const recording = await observed.run(async () => trace.getActiveSpan()?.isRecording() ?? false);
  end();
  if (!recording) throw new Error('the operation does not run inside its span');
}

/**
 * What a call costs because somebody might listen: how often it reads the hub, times what a reading and its branch cost. The number is
 * exact; the difference of two runs with and without these branches would drown in noise.
 * @returns also the percentage of a call's time.
 */
async function unheard(callNs: number): Promise<{ reads: number; unheardPercent: number }> {
  const branchNs = lowestNs(asking) - lowestNs(notAsking);
  let reads = 0;
  for (const name of ['active', 'around'] as const) {
    Object.defineProperty(hub, name, { configurable: true, get: () => (reads++, false) });
  }
  await call();
  return { reads, unheardPercent: (100 * reads * branchNs) / callNs };
}

const TIMES = 1_000_000;

function asking(): number {
  let mixed = 0;
  for (let i = 0; i < TIMES; i++) {
    mixed ^= i;
    if (hub.active) mixed = 0;
  }
  return mixed;
}
function notAsking(): number {
  let mixed = 0;
  for (let i = 0; i < TIMES; i++) mixed ^= i;
  return mixed;
}

/** Of a round of the loop, in the best of many runs: for what is that short, noise only ever adds. */
function lowestNs(loop: () => number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 40; run++) {
    const start = now();
    do_not_optimize(loop());
    lowest = Math.min(lowest, now() - start);
  }
  return lowest / TIMES;
}

async function ask(effort: Effort): Promise<Answer> {
  const noop = trace.getTracer('benchmark'); // before a provider is there: the API alone, whose spans do nothing
  const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('benchmark');
  await checkSpans(tracer);
  const subjects: readonly Subject[] = [
    { name: 'no subscriber', ours: true, call },
    { name: 'a subscriber that does nothing', ours: true, call, during: () => subscribe(() => {}) },
    { name: 'a span an attempt, OpenTelemetry API alone', ours: true, call, during: () => spans(noop) },
    { name: 'a span an attempt, OpenTelemetry SDK', ours: true, call, during: () => spans(tracer) },
  ];
  const rows = (await compare(subjects, { effort })).map(costRow);
  const overUnheard = await compare(
    subjects.slice(1).map((subject): Subject => ({ ...subject, bare: call, expected: { value: ANSWER } })),
    { effort },
  );
  const nobody = await unheard(rows[0]!['ns'] as number);
  return {
    id: 'telemetry',
    title: 'What does being observed cost?',
    about: `A successful call through \`resilient()\` as it comes: with nobody subscribed, with a subscriber that does nothing, and with one
that makes a span for each attempt and has it active in the operation, by the API of OpenTelemetry alone (whose spans do nothing) and by its SDK
with the context manager of Node and a processor that drops the spans.

With nobody subscribed a call only asks whether somebody is. That is too little to be told from noise by running with and without it, so it is
computed: how often a call asks, counted, times what asking adds to a round of a loop that does hardly anything else.`,
    columns: [...costColumns, ...ownColumns],
    rows: rows.map((row, i): Row => {
      if (i === 0) return { ...row, overUnheard: 1, ...nobody };
      return { ...row, overUnheard: overUnheard[i - 1]!.ratio.median, reads: null, unheardPercent: null };
    }),
    charts: [{ kind: 'bars', title: 'A call, × the same with nobody subscribed', value: 'overUnheard' }],
  };
}

const ownColumns: readonly Column[] = [
  { key: 'overUnheard', title: '× with nobody subscribed', unit: 'ratio' },
  { key: 'reads', title: 'times it asks', unit: 'count' },
  { key: 'unheardPercent', title: 'asking', unit: 'percent' },
];

export const question: Question = { id: 'telemetry', ask };
