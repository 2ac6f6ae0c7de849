// Run in a process of its own: node --expose-gc memory.ts
import { timersSet } from './timers.ts'; // first: it stands before the system's timers
import * as cockatiel from 'cockatiel';
import { circuitBreaker, keyed, pipeline } from 'holdfast';
import CircuitBreaker from 'opossum';
import { operation } from '../../harness/subject.ts';

/** What each breaker of one kind takes. */
export interface Memory {
  readonly idleBytes: number;
  /** After it has served calls: a breaker may make its window when it is first needed. */
  readonly usedBytes: number;
  /** Those of the system that it has set when it is made, and not taken back. */
  readonly timers: number;
}

type Call = () => Promise<unknown>;

const CALLS = 30;

function usedBytes(): number {
  gc!();
  gc!(); // what finalizers and weak references held the first time
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

/** Of so many, on average; `calls` is how often each is called. */
async function memoryOf(make: (index: number) => Call, count: number, calls: number): Promise<Memory> {
  const kept = new Array<Call | undefined>(count).fill(undefined); // not to grow while it is measured
  const [before, timersBefore] = [usedBytes(), timersSet()];
  for (let index = 0; index < count; index++) kept[index] = make(index);
  const idleBytes = (usedBytes() - before) / count;
  const timers = (timersSet() - timersBefore) / count;
  for (const call of kept) for (let made = 0; made < calls; made++) await call!();
  await new Promise((resolve) => void setImmediate(resolve));
  const result = { idleBytes, usedBytes: (usedBytes() - before) / count, timers };
  kept.length = 0;
  return result;
}

/** So many keys in one pipeline, each called once: that makes its breaker. */
async function keyedMemory(keys: number): Promise<Memory> {
  const names = Array.from({ length: keys }, (_, index) => `https://host-${index}.example`);
  const before = usedBytes();
  const perHost = pipeline(
    'hosts',
    keyed(
      ({ key }) => key,
      (_key, label) => circuitBreaker({ name: label }),
      { max: keys },
    ),
  );
  for (const key of names) await perHost.run(operation, { key });
  await new Promise((resolve) => void setImmediate(resolve));
  const bytes = (usedBytes() - before) / keys;
  void perHost.snapshot(); // alive until here
  return { idleBytes: bytes, usedBytes: bytes, timers: 0 };
}

const MAKERS: Readonly<Record<string, (index: number) => Call>> = {
  'circuitBreaker of holdfast'() {
    const breaker = circuitBreaker();
    return () => shared(breaker);
  },
  opossum() {
    const breaker = new CircuitBreaker(operation);
    return () => breaker.fire();
  },
  cockatiel() {
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 5_000,
      breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
    });
    return () => breaker.execute(operation);
  },
};

/** Through a pipeline made for the call alone, so that only the breaker is kept. */
const shared = (breaker: ReturnType<typeof circuitBreaker>): Promise<unknown> => pipeline('shared', breaker).run(operation);

/** The function alone that calls a breaker: it is in each figure, and no breaker's. */
function nobody(): Call {
  const breaker: ReturnType<typeof circuitBreaker> | undefined = undefined;
  return () => shared(breaker!);
}

const [keyCounts, count] = [(process.argv[2] ?? '').split(',').map(Number), Number(process.argv[3])];
const breakers: Record<string, Memory> = {};
await memoryOf(nobody, 50, 0);
const { idleBytes: ofTheCall } = await memoryOf(nobody, count, 0);
for (const [name, make] of Object.entries(MAKERS)) {
  await memoryOf(make, 50, CALLS); // shapes and code that are made once
  const { idleBytes, usedBytes, timers } = await memoryOf(make, count, CALLS);
  breakers[name] = { idleBytes: idleBytes - ofTheCall, usedBytes: usedBytes - ofTheCall, timers };
}
await keyedMemory(100);
const keys: Record<number, Memory> = {};
for (const keyCount of keyCounts) keys[keyCount] = await keyedMemory(keyCount);
process.stdout.write(`${JSON.stringify({ breakers, keys })}\n`, () => process.exit(0)); // peers' timers would keep the process
