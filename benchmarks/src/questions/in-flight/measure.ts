// Run in a process of its own: node --expose-gc measure.ts SUBJECT CALLS
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Figures } from './figures.ts';
import { SUBJECTS } from './subjects.ts';
import type { Crowd, Operation, Subject, SubjectName } from './subjects.ts';

/** Far longer than beginning the calls and counting their bytes takes, and within a system timer's 2³¹ ms. */
const NEVER_MS = 100_000_000;
/** To expire together all must have begun before the first is due: so many milliseconds, and so many times as long as it took before. */
const SOON_MS = 300;
const SOON_TIMES = 4;
const WARM_UP_CALLS = 20_000;

/** Nanoseconds of this thread's processor so far: others that use the machine, and waiting, are not in it. */
function processorNs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1_000;
}

async function costOf(work: () => unknown): Promise<number> {
  const before = processorNs();
  await work();
  return processorNs() - before;
}

function usedBytes(): number {
  gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function beginAll(crowd: Crowd, calls: number, operation: Operation): void {
  for (let call = 0; call < calls; call++) crowd.begin(operation);
}

interface Ended {
  readonly beginMs: number;
  readonly bytes: number;
  readonly beginNs: number;
  readonly turnNs: number;
  readonly endNs: number;
}

/** They begin in one turn, stay in flight, and are answered together. */
async function answered({ make }: Subject, calls: number): Promise<Ended> {
  const answer = Promise.withResolvers<number>();
  const bytesBefore = usedBytes();
  const crowd = make(calls, NEVER_MS);
  await nextTurn();
  const startMs = performance.now();
  const before = processorNs();
  beginAll(crowd, calls, async () => answer.promise);
  const begun = processorNs();
  const beginMs = performance.now() - startMs;
  await nextTurn();
  await nextTurn();
  const anchored = processorNs();
  const bytes = usedBytes() - bytesBefore;
  const endNs = await costOf(() => crowd.end(() => answer.resolve(1)));
  return {
    beginMs,
    bytes: bytes / calls,
    beginNs: (begun - before) / calls,
    turnNs: (anchored - begun) / calls,
    endNs: endNs / calls,
  };
}

/** They begin in one turn, are never answered, and their time is over at once. */
async function expired({ make }: Subject, calls: number, beginMs: number): Promise<number> {
  const crowd = make(calls, Math.ceil(SOON_MS + beginMs * SOON_TIMES));
  beginAll(crowd, calls, () => new Promise<number>(() => {}));
  await nextTurn();
  await nextTurn();
  return (await costOf(() => crowd.end())) / calls;
}

async function figuresOf(subject: Subject, calls: number): Promise<Figures> {
  const { beginMs, ...ended } = await answered(subject, calls);
  return { ...ended, expireNs: subject.limited ? await expired(subject, calls, beginMs) : null };
}

setInterval(() => {}, NEVER_MS); // the timer of an AbortSignal does not keep the process
const subject: Subject = SUBJECTS[process.argv[2] as SubjectName];
const calls = Number(process.argv[3]);
await figuresOf(subject, Math.min(WARM_UP_CALLS, calls));
await figuresOf(subject, Math.min(WARM_UP_CALLS, calls));
console.log(JSON.stringify(await figuresOf(subject, calls)));
process.exit(0); // peers' timers would keep the process
