import Bottleneck from 'bottleneck';
import * as cockatiel from 'cockatiel';
import { bulkhead, circuitBreaker, deadline, isHoldfastError, pipeline, rateLimit, resilient } from 'holdfast';
import type { HoldfastErrorCode } from 'holdfast';
import * as mollitia from 'mollitia';
import CircuitBreaker from 'opossum';
import type { Answer, Effort, Question } from '../answer.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { chosen, compare } from '../harness/compare.ts';
import { operation, refused } from '../harness/subject.ts';
import type { Call, Subject } from '../harness/subject.ts';

/** Nothing recovers while it is measured. */
const LONG_MS = 3_600_000;

async function failing(): Promise<never> {
  throw new Error('down');
}
const never = (): Promise<never> => new Promise(() => {});

/** Makes `call` fail so often that a circuit opens. */
async function fail(call: Call, times = 20): Promise<void> {
  for (let i = 0; i < times; i++) await call().catch(() => {});
}

function ours(name: string, code: HoldfastErrorCode, call: Call, setUp?: () => unknown): Subject {
  const error = (error: unknown): boolean => isHoldfastError(error) && error.code === code;
  return { name: `${name}: holdfast`, ours: true, call, bare: refused, expected: { error }, setUp: setUp ?? (() => {}) };
}

function peer(name: string, message: RegExp, call: Call, setUp?: () => unknown): Subject {
  const error = (error: unknown): boolean => message.test(String(error));
  return { name, ours: false, call, bare: refused, expected: { error }, setUp: setUp ?? (() => {}) };
}

const circuit = pipeline('circuit', circuitBreaker({ openMs: LONG_MS, backoff: { capMs: LONG_MS } }));
const standard = resilient('standard', { circuitBreaker: { openMs: LONG_MS, backoff: { capMs: LONG_MS } } });
const full = pipeline('full', bulkhead({ concurrency: 1, queue: 0 }));
const shed = pipeline('shed', bulkhead({ name: 'shed', concurrency: 1, queue: 0 }), deadline({ ms: LONG_MS }), circuitBreaker());
const limited = pipeline('limited', rateLimit({ limit: 1, perMs: LONG_MS }));
const late = pipeline('late', deadline({ ms: 2_000 }));

const opossum = new CircuitBreaker(operation, { resetTimeout: LONG_MS });
const opossumFull = new CircuitBreaker(never, { capacity: 1, timeout: false, resetTimeout: LONG_MS });
const cockatielCircuit = cockatiel.circuitBreaker(cockatiel.handleAll, {
  halfOpenAfter: LONG_MS,
  breaker: new cockatiel.ConsecutiveBreaker(5),
});
const cockatielFull = cockatiel.bulkhead(1, 0);
const bottleneckFull = new Bottleneck({ maxConcurrent: 1, highWater: 0, strategy: Bottleneck.strategy.OVERFLOW });
const withModule = (module: mollitia.Module): mollitia.Circuit => new mollitia.Circuit({ options: { modules: [module] } });
const mollitiaCircuit = withModule(
  new mollitia.SlidingCountBreaker({ slidingWindowSize: 5, minimumNumberOfCalls: 5, openStateDelay: LONG_MS }),
);
const mollitiaFull = withModule(new mollitia.Bulkhead({ concurrentSize: 1, queueSize: 0 }));
const mollitiaLimited = withModule(new mollitia.Ratelimit({ limitForPeriod: 1, limitPeriod: LONG_MS }));

const subjects: readonly Subject[] = [
  ours(
    'open circuit',
    'HOLDFAST_CIRCUIT_OPEN',
    () => circuit.run(operation),
    () => fail(() => circuit.run(failing)),
  ),
  peer(
    'open circuit: opossum',
    /Breaker is open/,
    () => opossum.fire(),
    () => opossum.open(),
  ),
  peer(
    'open circuit: cockatiel',
    /circuit breaker is open/,
    () => cockatielCircuit.execute(operation),
    () => fail(() => cockatielCircuit.execute(failing)),
  ),
  peer(
    'open circuit: mollitia',
    /Circuit is opened/,
    () => mollitiaCircuit.fn(operation).execute(),
    () => fail(() => mollitiaCircuit.fn(failing).execute()),
  ),
  ours(
    'full bulkhead',
    'HOLDFAST_BULKHEAD_FULL',
    () => full.run(operation),
    () => void full.run(never),
  ),
  peer(
    'full bulkhead: opossum',
    /Semaphore locked/,
    () => opossumFull.fire(),
    () => void opossumFull.fire(),
  ),
  peer(
    'full bulkhead: cockatiel',
    /capacity exceeded/,
    () => cockatielFull.execute(operation),
    () => void cockatielFull.execute(never),
  ),
  peer(
    'full bulkhead: bottleneck',
    /dropped/,
    () => bottleneckFull.schedule(operation),
    () => void bottleneckFull.schedule(never),
  ),
  peer(
    'full bulkhead: mollitia',
    /overloaded/,
    () => mollitiaFull.fn(operation).execute(),
    () => void mollitiaFull.fn(never).execute(),
  ),
  ours(
    'shed, outermost of three',
    'HOLDFAST_BULKHEAD_FULL',
    () => shed.run(operation),
    () => void shed.run(never),
  ),
  ours(
    'rate limit',
    'HOLDFAST_RATE_LIMITED',
    () => limited.run(operation),
    () => limited.run(operation),
  ),
  peer(
    'rate limit: mollitia',
    /Ratelimited/,
    () => mollitiaLimited.fn(operation).execute(),
    () => mollitiaLimited.fn(operation).execute(),
  ),
  ours('no time left', 'HOLDFAST_DEADLINE', () => late.run(operation, { timeoutMs: 0 })),
  ours(
    'open circuit in the standard pipeline',
    'HOLDFAST_CIRCUIT_OPEN',
    () => standard.run(operation),
    () => fail(() => standard.run(failing)),
  ),
];

async function ask(effort: Effort): Promise<Answer> {
  const rows = (await compare(chosen(subjects, effort), { effort })).map(costRow);
  return {
    id: 'refusals',
    title: 'What does a refusal cost?',
    about: `A call refused at the door, as most are during an outage, against an async function that throws \`new Error()\` with its
stack. Nothing waits, the operation is not called, and each refusal is checked to be one. The load shedder's place is held by a bulkhead
without a queue, *outermost of three*. *No time left* is a call whose outer deadline is over already. The last row goes through all of
\`resilient()\`, whose retry must be asked, too. p-limit and p-retry refuse nothing.

Our errors carry no stack, the peers' mostly do: that is most of the difference, and the trail on ours says who refused instead.`,
    columns: costColumns,
    rows,
    charts: [{ kind: 'bars', title: 'A refusal, × a bare rejected await', value: 'ratio', limit: 1.5, logarithmic: true }],
  };
}

export const question: Question = { id: 'refusals', ask };
