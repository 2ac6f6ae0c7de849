import { Agent, request } from 'node:http';
import type { Answer } from './model.ts';

/** How long a customer waits before giving up. */
const patienceMs = 12_000;

export interface Load {
  /** One per order sent so far, in order of sending; filled in as answers come. */
  readonly answers: readonly Answer[];
  /** Resolves once every order has been sent. */
  readonly sent: Promise<void>;
  /** Stops sending and leaves what is waiting without an answer, at its age of the moment. */
  stop(): void;
}

/**
 * Sends orders at the given times, whatever became of those before (open loop). Latency counts from when an order was
 * due, so a sender that falls behind, or a server that makes it wait for a connection, is not flattered.
 *
 * @param dueMs milliseconds after `startedAt`, ascending.
 * @param startedAt the run's start, in `performance.now()` milliseconds.
 */
export function sendOrders(ordersUrl: string, dueMs: readonly number[], startedAt: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const answers: Answer[] = [];
  const { promise: sent, resolve: allSent } = Promise.withResolvers<void>();
  const now = (): number => performance.now() - startedAt;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  sendDue();

  function sendDue(): void {
    while (answers.length < dueMs.length && dueMs[answers.length]! <= now()) send(dueMs[answers.length]!);
    const nextMs = dueMs[answers.length];
    if (nextMs === undefined) allSent();
    else timer = setTimeout(sendDue, Math.max(0, nextMs - now()));
  }

  function send(sentMs: number): void {
    const answer: Answer = { sentMs, latencyMs: 0, outcome: 'waiting' };
    const number = answers.push(answer);
    const call = request(`${ordersUrl}/orders`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
    const patience = setTimeout(() => settle('timed-out'), patienceMs).unref(); // the socket keeps the process while it matters

    function settle(outcome: Answer['outcome']): void {
      if (stopped || answer.outcome !== 'waiting') return;
      clearTimeout(patience);
      answer.outcome = outcome;
      answer.latencyMs = now() - sentMs;
      if (outcome === 'timed-out') call.destroy();
    }

    call.on('error', () => settle('failed'));
    call.on('response', (response) => {
      response.resume();
      response.on('close', () => settle(response.complete ? outcomeOf(response.statusCode) : 'failed'));
    });
    call.end(JSON.stringify({ sku: (number % 200) + 1, quantity: 1, amountCents: 1_999 }));
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    allSent();
    for (const answer of answers) if (answer.outcome === 'waiting') answer.latencyMs = now() - answer.sentMs;
    agent.destroy();
  }

  return { answers, sent, stop };
}

function outcomeOf(status: number | undefined): Answer['outcome'] {
  if (status === 201) return 'paid';
  return status === 202 ? 'pending' : 'failed';
}
