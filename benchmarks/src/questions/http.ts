import { resilientFetch } from '@holdfast/fetch';
import { resilient } from 'holdfast';
import { Agent, request } from 'undici';
import type { Answer, Effort, Question, Row } from '../answer.ts';
import { median } from '../harness/statistics.ts';
import { latencies, throughput } from '../http/load.ts';
import type { Exchange, Latencies } from '../http/load.ts';
import { startServer } from '../http/start-server.ts';

const EXTENT = { short: { rounds: 3, turnMs: 250 }, full: { rounds: 15, turnMs: 1_000 } } as const;
const CLIENTS = 32;
/** Of what the bare client carries: busy, and short of where queues grow of themselves. */
const LOAD_RATIO = 0.7;
const WARM_UP_TURNS = 5;
/** Room for all that come in a moment in which the machine does something else: a refusal would be a fast answer. */
const ROOM = { concurrency: 10_000, queueTimeoutMs: 60_000 };

/** A client, and the same with something around it. */
interface Pair {
  readonly name: string;
  readonly bare: Exchange;
  readonly otherName: string;
  readonly other: Exchange;
  readonly ours: boolean;
}

const overFetch = (fetch: typeof globalThis.fetch, url: string): Exchange => {
  return async () => {
    const response = await fetch(url);
    check(response.status, await response.text());
  };
};

function check(status: number, body: string): void {
  if (status !== 200 || body === '') throw new Error(`the server answered ${status}`);
}

function pairs(url: string, dispatcher: Agent): readonly Pair[] {
  const standard = resilient('stock', { bulkhead: ROOM });
  const ask = async (): Promise<void> => {
    const { statusCode, body } = await request(url, { dispatcher });
    check(statusCode, await body.text());
  };
  const askUnderSignal = async (signal: AbortSignal): Promise<void> => {
    const { statusCode, body } = await request(url, { dispatcher, signal });
    check(statusCode, await body.text());
  };
  const anySignal = (): AbortSignal => new AbortController().signal;
  const bareFetch = { name: 'fetch', bare: overFetch(fetch, url) };
  const bareUndici = { name: 'undici', bare: ask };
  return [
    {
      ...bareFetch,
      otherName: 'fetch, given a signal',
      other: overFetch((to) => fetch(to, { signal: anySignal() }), url),
      ours: false,
    },
    {
      ...bareFetch,
      otherName: 'holdfast: resilientFetch',
      other: overFetch(resilientFetch({ bulkhead: ROOM }), url),
      ours: true,
    },
    { ...bareUndici, otherName: 'undici, given a signal', other: () => askUnderSignal(anySignal()), ours: false },
    { ...bareUndici, otherName: 'holdfast: undici in the standard pipeline', other: () => standard.run(ask), ours: true },
    {
      ...bareUndici,
      otherName: 'holdfast: undici in the standard pipeline, its signal handed on',
      other: () => standard.run(({ signal }) => askUnderSignal(signal)),
      ours: true,
    },
  ];
}

/** Of each turn, the bare one first. */
interface Turn {
  readonly perSecond: readonly [number, number];
  readonly latencies: readonly [Latencies, Latencies];
}

async function measure({ bare, other }: Pair, effort: Effort): Promise<Turn[]> {
  const { rounds, turnMs } = EXTENT[effort];
  const capacities: number[] = [];
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    await throughput(other, CLIENTS, turnMs);
    capacities.push(await throughput(bare, CLIENTS, turnMs));
  }
  const perSecond = median(capacities) * LOAD_RATIO;
  const turns: Turn[] = [];
  for (let round = 0; round < rounds; round++) {
    const each = async <T>(of: (exchange: Exchange) => Promise<T>): Promise<[T, T]> => {
      if (round % 2 === 0) return [await of(bare), await of(other)];
      const second = await of(other);
      return [await of(bare), second];
    };
    turns.push({
      perSecond: await each((exchange) => throughput(exchange, CLIENTS, turnMs)),
      latencies: await each((exchange) => latencies(exchange, perSecond, turnMs)),
    });
  }
  return turns;
}

function rowsOf({ name, otherName, ours }: Pair, turns: readonly Turn[]): [Row, Row] {
  const of = (pick: (turn: Turn) => number): number => median(turns.map(pick));
  const row = (index: 0 | 1): Omit<Row, 'subject' | 'ours'> => ({
    ratio: of(({ perSecond }) => perSecond[index] / perSecond[0]),
    perSecond: of(({ perSecond }) => perSecond[index]),
    p50Ratio: of(({ latencies }) => latencies[index].p50Ms / latencies[0].p50Ms),
    p99Ratio: of(({ latencies }) => latencies[index].p99Ms / latencies[0].p99Ms),
    p50: of(({ latencies }) => latencies[index].p50Ms),
    p99: of(({ latencies }) => latencies[index].p99Ms),
  });
  return [
    { subject: name, ours: false, ...row(0) },
    { subject: otherName, ours, ...row(1) },
  ];
}

async function ask(effort: Effort): Promise<Answer> {
  const { rounds, turnMs } = EXTENT[effort];
  const rows: Row[] = [];
  using server = await startServer();
  const dispatcher = new Agent({ connections: CLIENTS });
  for (const pair of pairs(server.url, dispatcher)) {
    const [bare, other] = rowsOf(pair, await measure(pair, effort));
    // The second pair over the same client would say the same once more.
    rows.push(...(rows.some(({ subject }) => subject === bare.subject) ? [other] : [bare, other]));
  }
  await dispatcher.close();
  return {
    id: 'http',
    title: 'What is left of a client’s throughput?',
    about: `A small GET over the loopback to a server in another process, on connections that are kept, its body read. *Throughput* is a closed \
loop of ${CLIENTS} clients. *Latencies* are an open loop: requests are sent at fixed times, ${LOAD_RATIO * 100} % of what the bare client \
carries, and an answer counts from when its request should have been sent. Bare and protected take turns of ${turnMs} ms, ${rounds} \
of each, and the ratios of neighbours are taken. The bulkheads have room for all. Whoever \
wants to end a request gives it a signal, and *given a signal* is what that alone costs: a new one for each request, never aborted. A dependency that answers in a tenth of a millisecond is the dearest case: over a network \
the share is smaller.`,
    columns: [
      { key: 'ratio', title: 'throughput, × bare', unit: 'ratio' },
      { key: 'perSecond', title: 'throughput', unit: 'perSecond' },
      { key: 'p50Ratio', title: 'p50, × bare', unit: 'ratio' },
      { key: 'p99Ratio', title: 'p99, × bare', unit: 'ratio' },
      { key: 'p50', title: 'p50', unit: 'ms' },
      { key: 'p99', title: 'p99', unit: 'ms' },
    ],
    rows,
    charts: [{ kind: 'bars', title: 'Throughput, × the bare client', value: 'ratio', limit: 0.95 }],
  };
}

export const question: Question = { id: 'http', ask };
