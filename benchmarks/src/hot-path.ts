/**
 * What a healthy call costs, as a ratio to a bare `await` in the same loop. Subject and bare loop take turns, and the ratio of each
 * pair of turns is taken, so that what else the machine does hits both alike.
 */
import * as cockatiel from 'cockatiel';
import { bulkhead, circuitBreaker, deadline, pipeline, resilient, timeout } from 'holdfast';
import CircuitBreaker from 'opossum';

const CALLS = 10_000;
const ROUNDS = 60;
const WARM_UP_ROUNDS = 20;

async function operation(): Promise<number> {
  return 1;
}

type Call = () => Promise<unknown>;

const isolated = circuitBreaker();
isolated.isolate();
const open = pipeline('open', isolated);

const cockatielFive = cockatiel.wrap(
  cockatiel.fallback(cockatiel.handleAll, 0),
  cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
  cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 5_000, breaker: new cockatiel.ConsecutiveBreaker(5) }),
  cockatiel.bulkhead(30, 60),
  cockatiel.timeout(500, cockatiel.TimeoutStrategy.Aggressive),
);
const opossum = new CircuitBreaker(operation);

const standard = resilient('standard', { fallback: () => 0 });
const four = pipeline('four', circuitBreaker(), bulkhead(), circuitBreaker({ name: 'second' }), bulkhead({ name: 'second' }));
const breaker = pipeline('breaker', circuitBreaker());
const cap = pipeline('cap', timeout({ ms: 500 }));
const whole = pipeline('whole', deadline({ ms: 500 }));
const empty = pipeline('empty');

async function refused(): Promise<never> {
  throw new Error('refused');
}
const swallow = (call: Call): Call => {
  return async () => {
    try {
      await call();
    } catch {
      // a refusal is the result here
    }
  };
};

const subjects: readonly { name: string; call: Call; bare?: Call }[] = [
  { name: 'pipeline of nothing', call: () => empty.run(operation) },
  { name: 'circuit breaker alone', call: () => breaker.run(operation) },
  { name: 'four guards', call: () => four.run(operation) },
  { name: 'timeout alone', call: () => cap.run(operation) },
  { name: 'deadline alone', call: () => whole.run(operation) },
  { name: 'the standard pipeline', call: () => standard.run(operation) },
  { name: 'refused by an open circuit', call: swallow(() => open.run(operation)), bare: swallow(refused) },
  { name: 'opossum: one breaker', call: () => opossum.fire() },
  { name: 'cockatiel: wrap of five', call: () => cockatielFive.execute(operation) },
];

/** Nanoseconds a call. */
async function time(call: Call): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) await call();
  return Number(process.hrtime.bigint() - start) / CALLS;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function bytesPerCall(call: Call): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) return Number.NaN;
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1_000; i++) await call();
  return (process.memoryUsage().heapUsed - before) / 1_000;
}

console.log('subject'.padEnd(30), 'ratio'.padStart(7), 'ns'.padStart(8), 'bare ns'.padStart(8), 'bytes'.padStart(7));
for (const { name, call, bare = operation } of subjects) {
  const ratios: number[] = [];
  const costs: number[] = [];
  const bares: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const bareNs = await time(bare);
    const ns = await time(call);
    await nextTurn();
    if (round < 0) continue;
    bares.push(bareNs);
    costs.push(ns);
    ratios.push(ns / bareNs);
  }
  const bytes = await bytesPerCall(call);
  const columns = [median(ratios).toFixed(2), median(costs).toFixed(0), median(bares).toFixed(0), bytes.toFixed(0)];
  console.log(
    name.padEnd(30),
    columns[0]!.padStart(7),
    columns[1]!.padStart(8),
    columns[2]!.padStart(8),
    columns[3]!.padStart(7),
  );
}
process.exit(0); // opossum's timers would keep the process
