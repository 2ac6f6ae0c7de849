import { setImmediate as nextTurn } from 'node:timers/promises';
import { quantile } from '../harness/statistics.ts';

/** One request, its answer read to the end. */
export type Exchange = () => Promise<void>;

/** Closed loop: so many clients, each of which sends its next request when it has read the answer. Requests a second. */
export async function throughput(exchange: Exchange, clients: number, ms: number): Promise<number> {
  const start = performance.now();
  let answered = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - start < ms) {
      await exchange();
      answered++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (answered * 1_000) / (performance.now() - start);
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Open loop: requests are sent at fixed times, whether or not earlier ones were answered, and an answer is late from the time its request
 * should have been sent. A client that waits for slow answers would measure fewer of them ("coordinated omission").
 *
 * The loop turns without pause until a request is due, for a timer is a millisecond late: it takes what the processor has left over, and
 * sockets are looked at in each turn.
 * @see Tene, How NOT to Measure Latency (Strange Loop, 2015)
 */
export async function latencies(exchange: Exchange, perSecond: number, ms: number): Promise<Latencies> {
  const count = Math.max(1, Math.round((perSecond * ms) / 1_000));
  const late = new Array<number>(count).fill(0);
  const start = performance.now();
  const answered: Promise<void>[] = [];
  const send = async (index: number): Promise<void> => {
    await exchange();
    late[index] = performance.now() - dueAt(start, perSecond, index);
  };
  for (let index = 0; index < count; await nextTurn()) {
    for (const now = performance.now(); index < count && dueAt(start, perSecond, index) <= now; index++)
      answered.push(send(index));
  }
  await Promise.all(answered);
  return { p50Ms: quantile(late, 0.5), p99Ms: quantile(late, 0.99) };
}

/** When a request is to be sent. */
export const dueAt = (start: number, perSecond: number, index: number): number => start + (index * 1_000) / perSecond;
