import * as cockatiel from 'cockatiel';
import { circuitBreaker, fallback, pipeline, resilient, retry, systemClock } from 'holdfast';
import type { Clock, Timer } from 'holdfast';
import * as mollitia from 'mollitia';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import type { Answer, Effort, Question } from '../answer.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { chosen, compare } from '../harness/compare.ts';
import { nothing } from '../harness/subject.ts';
import type { Call, Expected, Subject } from '../harness/subject.ts';

/** No circuit opens and no budget runs out, however much fails. */
const PLENTY = 1_000_000_000;
const SUBSTITUTE = -1;

class Down extends Error {
  override readonly name = 'Down';
}

async function failing(): Promise<number> {
  await nothing;
  throw new Down('down');
}

let calls = 0;
/** Fails twice, then answers with the number of the attempt: an answer of 3 proves that it was repeated twice. */
async function flaky(): Promise<number> {
  await nothing;
  calls++;
  if (calls % 3 !== 0) throw new Down('down');
  return 3;
}

/** What each is compared to: the same by hand, with nothing around it. */
async function thrice(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await flaky();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}
async function substituted(): Promise<number> {
  try {
    return await failing();
  } catch {
    return SUBSTITUTE;
  }
}

/** Our clock with waits of 0 ms over at once: work is compared here, not how long a timer of 0 ms takes. */
const impatient: Clock = {
  now: () => systemClock.now(),
  turnNow: () => systemClock.turnNow(),
  arm(timer: Timer, delayMs: number) {
    if (delayMs === 0) queueMicrotask(() => timer.fire(false));
    else systemClock.arm(timer, delayMs);
  },
  disarm: (timer) => systemClock.disarm(timer),
  sleep: (delayMs, signal) => (delayMs === 0 ? Promise.resolve() : systemClock.sleep(delayMs, signal)),
};

/** The same for peers, who wait for 0 ms with a timer of the system's: Node makes it 1 ms. */
function hurryTimers(): void {
  const real = globalThis.setTimeout;
  const none = { ref: () => none, unref: () => none };
  const hurried = (callback: () => void, delayMs = 0): unknown =>
    delayMs > 0 ? real(callback, delayMs) : (queueMicrotask(callback), none);
  globalThis.setTimeout = Object.assign(hurried, real) as never;
}

const down: Expected = { error: (error) => error instanceof Down };
const failingTo = (name: string, call: Call): Subject => ({ ...parts(`throws: ${name}`, call), bare: failing, expected: down });
const retried = (name: string, call: Call): Subject => ({
  ...parts(`retried twice: ${name}`, call),
  bare: thrice,
  expected: { value: 3 },
});
const answered = (name: string, call: Call): Subject => ({
  ...parts(`fallback answers: ${name}`, call),
  bare: substituted,
  expected: { value: SUBSTITUTE },
});
const parts = (name: string, call: Call): Subject => ({ name, ours: name.includes('holdfast'), call });

function subjects(): readonly Subject[] {
  const { handleAll, ConsecutiveBreaker, ConstantBackoff } = cockatiel;
  const throughBreaker = pipeline('breaker', circuitBreaker({ minimumCalls: PLENTY }));
  const throughAll = resilient('all', { circuitBreaker: { minimumCalls: PLENTY }, retry: false });
  const repeated = pipeline(
    { name: 'repeated', clock: impatient },
    retry({ attempts: 3, backoff: () => 0, budget: false, clock: impatient }),
  );
  const replaced = pipeline(
    'replaced',
    fallback(() => SUBSTITUTE),
  );
  // Its percentiles would be sorted out of all calls of ten seconds at each failure, here of millions.
  const steady = { volumeThreshold: PLENTY, timeout: false, rollingPercentilesEnabled: false } as const;
  const opossum = new CircuitBreaker(failing, steady);
  const opossumReplaced = new CircuitBreaker(failing, steady);
  opossumReplaced.fallback(() => SUBSTITUTE);
  const cockatielBreaker = cockatiel.circuitBreaker(handleAll, { halfOpenAfter: 5_000, breaker: new ConsecutiveBreaker(PLENTY) });
  const cockatielRetry = cockatiel.retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(0) });
  const cockatielFallback = cockatiel.fallback(handleAll, SUBSTITUTE);
  const mollitiaRetry = new mollitia.Circuit({
    func: flaky,
    options: { modules: [new mollitia.Retry({ attempts: 2, interval: 0 })] },
  });
  return [
    failingTo('a breaker of holdfast', () => throughBreaker.run(failing)),
    failingTo('the standard pipeline of holdfast', () => throughAll.run(failing)),
    failingTo('a breaker of opossum', () => opossum.fire()),
    failingTo('a breaker of cockatiel', () => cockatielBreaker.execute(failing)),
    retried('holdfast', () => repeated.run(flaky, { idempotent: true })),
    retried('cockatiel', () => cockatielRetry.execute(flaky)),
    retried('p-retry', () => pRetry(flaky, { retries: 2, minTimeout: 0 })),
    retried('mollitia', () => mollitiaRetry.execute()),
    answered('holdfast', () => replaced.run(failing)),
    answered('opossum', () => opossumReplaced.fire()),
    answered('cockatiel', () => cockatielFallback.execute(failing)),
  ];
}

async function ask(effort: Effort): Promise<Answer> {
  hurryTimers();
  const rows = (await compare(chosen(subjects(), effort), { effort })).map(costRow);
  return {
    id: 'failures',
    title: 'What does a failing call cost?',
    about: `An operation that waits a microtask and throws an \`Error\` with its stack: passed on by a breaker that stays closed, and by
\`resilient()\` without its retry; made to succeed by a second repetition, the wait before it being 0 ms; and replaced by a fallback's
answer. Each is compared to the same done by hand with \`try\` and \`catch\`. Nothing waits: a timer of 0 ms, which Node makes 1 ms, ends at
once here, ours and the peers'. opossum is asked for no percentiles, which it computes anew at each failure. mollitia's fallback cannot answer, its breaker cannot be kept closed; neither is here.

Most of all of this is the price of the operation's own stacks.`,
    columns: costColumns,
    rows,
    charts: [{ kind: 'bars', title: 'A failing call, × the same by hand', value: 'ratio', logarithmic: true }],
  };
}

export const question: Question = { id: 'failures', ask };
