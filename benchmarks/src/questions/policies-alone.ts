import Bottleneck from 'bottleneck';
import * as cockatiel from 'cockatiel';
import {
  bulkhead,
  circuitBreaker,
  deadline,
  fallback,
  hedge,
  pipeline,
  rateLimit,
  retry,
  singleFlight,
  staleCache,
  timeout,
} from 'holdfast';
import type { Policy, RunOptions } from 'holdfast';
import * as mollitia from 'mollitia';
import CircuitBreaker from 'opossum';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import type { Answer, Effort, Question } from '../answer.ts';
import { costColumns, costRow } from '../harness/columns.ts';
import { chosen, compare } from '../harness/compare.ts';
import { operation } from '../harness/subject.ts';
import type { Call, Subject } from '../harness/subject.ts';

/** Large enough that nothing is ever refused or made to wait. */
const PLENTY = 1_000_000_000;

function ours(policy: Policy<unknown>, options?: RunOptions): Call {
  const alone = pipeline('alone', policy);
  return options === undefined ? () => alone.run(operation) : () => alone.run(operation, options);
}
const ofCockatiel =
  (policy: cockatiel.IPolicy<cockatiel.IDefaultPolicyContext, unknown>): Call =>
  () =>
    policy.execute(operation);
function ofMollitia(module: mollitia.Module, ...params: unknown[]): Call {
  const circuit = new mollitia.Circuit({ func: operation, options: { modules: [module] } });
  return () => circuit.execute(...params);
}
function ofBottleneck(options: Bottleneck.ConstructorOptions): Call {
  const limiter = new Bottleneck(options);
  return () => limiter.schedule(operation);
}
function ofOpossum(options: CircuitBreaker.Options): Call {
  const breaker = new CircuitBreaker(operation, options);
  return () => breaker.fire();
}
const limit = pLimit(30);
const empty = pipeline('empty');

const { handleAll, SamplingBreaker, TimeoutStrategy } = cockatiel;

/** By policy, in the words of holdfast; what a library calls it is in the options it is given. */
const subjects: Record<string, Record<string, Call>> = {
  nothing: { holdfast: () => empty.run(operation) },
  'circuit breaker': {
    holdfast: ours(circuitBreaker()),
    opossum: ofOpossum({ timeout: false }),
    cockatiel: ofCockatiel(
      cockatiel.circuitBreaker(handleAll, {
        halfOpenAfter: 5_000,
        breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
      }),
    ),
    mollitia: ofMollitia(new mollitia.SlidingTimeBreaker({ slidingWindowSize: 10_000 })),
  },
  bulkhead: {
    holdfast: ours(bulkhead()),
    cockatiel: ofCockatiel(cockatiel.bulkhead(30, 60)),
    bottleneck: ofBottleneck({ maxConcurrent: 30 }),
    'p-limit': () => limit(operation),
    mollitia: ofMollitia(new mollitia.Bulkhead({ concurrentSize: 30, queueSize: 60 })),
  },
  'rate limit': {
    holdfast: ours(rateLimit({ limit: PLENTY })),
    bottleneck: ofBottleneck({
      reservoir: PLENTY,
      reservoirRefreshAmount: PLENTY,
      reservoirRefreshInterval: 1_000,
    }),
    mollitia: ofMollitia(new mollitia.Ratelimit({ limitForPeriod: PLENTY, limitPeriod: 1_000 })),
  },
  retry: {
    holdfast: ours(retry()),
    cockatiel: ofCockatiel(cockatiel.retry(handleAll, { maxAttempts: 2 })),
    'p-retry': () => pRetry(operation, { retries: 2 }),
    mollitia: ofMollitia(new mollitia.Retry({ attempts: 2 })),
  },
  'hard time-out': {
    holdfast: ours(timeout({ ms: 500 })),
    opossum: ofOpossum({ timeout: 500 }),
    cockatiel: ofCockatiel(cockatiel.timeout(500, TimeoutStrategy.Aggressive)),
    mollitia: ofMollitia(new mollitia.Timeout({ delay: 500 })),
  },
  deadline: { holdfast: ours(deadline({ ms: 2_000 })) },
  fallback: {
    holdfast: ours(fallback(() => 0)),
    cockatiel: ofCockatiel(cockatiel.fallback(handleAll, 0)),
    mollitia: ofMollitia(new mollitia.Fallback({ callback: () => 0 })),
  },
  hedge: { holdfast: ours(hedge({ idempotent: true })) },
  'single flight': { holdfast: ours(singleFlight(), { key: 'a' }) },
  'cache, a hit': {
    holdfast: ours(staleCache({ ttlMs: PLENTY }), { key: 'a' }),
    mollitia: ofMollitia(new mollitia.Cache({ ttl: PLENTY }), 'a'),
  },
  'cache, a miss': { holdfast: ours(staleCache({ ttlMs: PLENTY, cacheable: () => false }), { key: 'a' }) },
};

const all: readonly Subject[] = Object.entries(subjects).flatMap(([policy, calls]) =>
  Object.entries(calls).map(([library, call]) => ({ name: `${policy}: ${library}`, ours: library === 'holdfast', call })),
);

async function ask(effort: Effort): Promise<Answer> {
  const rows = (await compare(chosen(all, effort), { effort })).map(costRow);
  return {
    id: 'policies-alone',
    title: 'What does one policy cost?',
    about: `A successful call, one at a time, through each policy of holdfast alone in a pipeline, and through what its peers have for the
same purpose, with like options and no limit ever reached. *Nothing* is the pipeline without a policy, which is in each of ours.

What the figures do not say: policies of one pipeline share that pipeline's cost, so a second one costs far less than the first. The peers
do not promise the same things: opossum counts percentiles and events, for one; mollitia's window keeps the last thousand calls, and what its rate limit
keeps grows with the limit. bottleneck parks each job on a timer: most of its figure is waiting, which *computing* leaves out.`,
    columns: costColumns,
    rows,
    charts: [{ kind: 'bars', title: 'A call through one policy, × bare', value: 'ratio', limit: 2.2, logarithmic: true }],
  };
}

export const question: Question = { id: 'policies-alone', ask };
