import fc from 'fast-check';
import {
  bulkhead,
  circuitBreaker,
  deadline,
  fallback,
  hedge,
  keyed,
  ladder,
  pipeline,
  rateLimit,
  retry,
  retryBudget,
  shadow,
  singleFlight,
  staleCache,
  timeout,
} from '../src/index.ts';
import type { Ending, Guard, Policy } from '../src/index.ts';
import { seededRandom, VirtualClock } from '../src/testing.ts';

/** What the policies of one run share, and a list of all that were made. */
export interface World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly made: Policy<unknown>[];
}

export const newWorld = (seed: number): World => ({ clock: new VirtualClock(), random: seededRandom(seed), made: [] });

/** Says how a policy is to be made; plain data, so that a failing run can be read. */
export interface Plan {
  readonly kind: string;
  readonly options: object;
  /** What it is made around, such as what stands in the shadow. */
  readonly inside?: readonly Plan[];
}

/** What fallbacks, caches and the like answer instead. */
export const ANSWER = 'an answer instead';
/** A value that counts as a failure, and errors that count as nothing. */
export const BAD = 'a bad answer';
export const ignorable = new WeakSet<object>();

export const classify = ({ value, error }: Ending): 'failure' | 'ignored' | undefined => {
  if (value === BAD) return 'failure';
  return typeof error === 'object' && error !== null && ignorable.has(error) ? 'ignored' : undefined;
};

// Short scales, so that a few calls see every limit, queue and window from both sides.
const ms = fc.integer({ min: 1, max: 60 });
const few = fc.integer({ min: 1, max: 3 });
const seldom = fc.constantFrom(false, false, true);

interface Kind {
  readonly options: fc.Arbitrary<object>;
  readonly make: (options: never, world: World) => Policy<unknown>;
  /** What may be changed while it runs. */
  readonly changes: fc.Arbitrary<object>;
}

/** Ties what is drawn to what is made of it. */
const kind = <O extends object>(
  options: fc.Arbitrary<O>,
  make: (options: O, world: World) => Policy<unknown>,
  changes: fc.Arbitrary<object> = fc.constant({}),
): Kind => ({ options, make, changes });

/** Every policy that is a guard, and so can stand in the shadow. */
export const GUARDS: Readonly<Record<string, Kind>> = {
  circuitBreaker: kind(
    fc.record({
      minimumCalls: fc.integer({ min: 1, max: 5 }),
      openMs: fc.integer({ min: 0, max: 60 }),
      slowCallMs: fc.option(ms, { nil: undefined }),
      permits: few,
      maxWaitMs: ms,
      ramp: fc.boolean(),
    }),
    ({ permits, maxWaitMs, ramp, ...options }, { clock, random }) =>
      circuitBreaker({
        ...options,
        halfOpen: { permits, maxWaitMs: Math.max(maxWaitMs, options.slowCallMs ?? 0) },
        ...(ramp ? { ramp: { durationMs: 20 } } : {}),
        clock,
        random,
      }),
    fc.record({ minimumCalls: few, openMs: ms }),
  ),
  bulkhead: kind(
    fc.record({
      concurrency: few,
      queue: fc.integer({ min: 0, max: 3 }),
      queueTimeoutMs: ms,
      order: fc.constantFrom('fifo', 'lifo', 'priority'),
      holdUntilSettled: fc.boolean(),
      fair: fc.boolean(),
      weighted: fc.boolean(),
    }),
    ({ weighted, ...options }, { clock }) =>
      bulkhead({ ...options, ...(weighted ? { weight: ({ attempt }) => attempt } : {}), clock }),
    fc.record({ concurrency: few, queue: few, queueTimeoutMs: ms }),
  ),
  rateLimit: kind(
    fc.record({ limit: few, perMs: ms, maxWaitMs: fc.integer({ min: 0, max: 60 }) }),
    (options, { clock }) => rateLimit({ ...options, clock }),
    fc.record({ limit: few, perMs: ms, maxWaitMs: ms }),
  ),
  deadline: kind(
    fc.record({ ms, early: fc.boolean(), cooperative: seldom }),
    ({ early, ...options }, { clock }) => deadline({ ...options, minimumMs: early ? options.ms / 2 : 0, clock }),
    fc.record({ ms, minimumMs: fc.constant(0) }),
  ),
  timeout: kind(
    fc.record({ ms, computed: fc.boolean(), cooperative: seldom }),
    ({ computed, ...options }, { clock }) =>
      timeout({ ...options, ...(computed ? { ms: (call) => Math.min(options.ms, call.remainingMs() - 1) } : {}), clock }),
    fc.record({ ms }),
  ),
  retry: kind(
    fc.record({ attempts: fc.integer({ min: 1, max: 4 }), waitMs: fc.integer({ min: 0, max: 40 }), budget: fc.boolean() }),
    ({ attempts, waitMs, budget }, { clock, random }) =>
      retry({
        attempts,
        backoff: () => waitMs,
        budget: budget ? retryBudget({ minPerSecond: 1, reserve: 2, clock }) : false,
        idempotent: true,
        isRetry: () => false,
        clock,
        random,
      }),
    fc.record({ attempts: few }),
  ),
};

/** The other policies, made alone. */
export const WRAPPERS: Readonly<Record<string, Kind>> = {
  hedge: kind(
    fc.record({ attempts: fc.integer({ min: 2, max: 4 }), delayMs: ms }),
    (options, { clock }) => hedge({ ...options, idempotent: true, budget: false, isRetry: () => false, clock }),
    fc.record({ attempts: fc.integer({ min: 2, max: 4 }), delayMs: ms }),
  ),
  fallback: kind(fc.record({ how: fc.constantFrom('value', 'late', 'fails'), ms }), ({ how, ms: delayMs }, { clock }) =>
    fallback(
      how === 'value'
        ? ANSWER
        : async () => {
            await clock.sleep(delayMs);
            if (how === 'fails') throw new RangeError('no answer either');
            return ANSWER;
          },
    ),
  ),
  singleFlight: kind(
    fc.record({ shareFailures: fc.boolean() }),
    (options) => singleFlight(options),
    fc.record({ shareFailures: fc.boolean() }),
  ),
  staleCache: kind(
    fc.record({ ttlMs: ms, staleWhileRevalidateMs: ms, staleIfErrorMs: ms }),
    (options, { clock, random }) => staleCache({ ...options, clock, random }),
    fc.record({ ttlMs: ms, staleIfErrorMs: ms }),
  ),
  ladder: kind(
    fc.record({ minimumCalls: few, afterMs: ms, rampMs: fc.constantFrom(0, 20), late: fc.boolean() }),
    ({ minimumCalls, afterMs, rampMs, late }, { clock, random }) =>
      ladder({
        levels: [
          { name: 'full' },
          { name: 'half', answer: () => (late ? clock.sleep(5).then(() => ANSWER) : undefined) },
          { name: 'none', answer: ANSWER },
        ],
        minimumCalls,
        evaluateMs: 2,
        climb: { afterMs, rampMs },
        clock,
        random,
      }),
    fc.record({ minimumCalls: few, failureRatio: fc.constantFrom(0.2, 0.9) }),
  ),
};

const plansOf = (kinds: Readonly<Record<string, Kind>>): fc.Arbitrary<Plan>[] =>
  Object.entries(kinds).map(([name, { options }]) => fc.record({ kind: fc.constant(name), options }));

const { any } = fc.letrec<{ guard: Plan; any: Plan }>((tie) => ({
  guard: fc.oneof(...plansOf(GUARDS)),
  any: fc.oneof(
    { maxDepth: 2 },
    { arbitrary: tie('guard'), weight: 4 },
    { arbitrary: fc.oneof(...plansOf(WRAPPERS)), weight: 3 },
    fc.record({ kind: fc.constant('shadow'), options: fc.constant({}), inside: fc.tuple(tie('guard')) }),
    fc.record({
      kind: fc.constant('keyed'),
      options: fc.record({ max: few, idleMs: ms }),
      inside: fc.tuple(tie('any')),
    }),
    fc.record({
      kind: fc.constant('pipeline'),
      options: fc.record({ classifies: fc.boolean() }),
      inside: fc.array(tie('any'), { maxLength: 3 }),
    }),
  ),
}));

export const anyGuard: fc.Arbitrary<Plan> = fc.oneof(...plansOf(GUARDS));
export const anyPolicies: fc.Arbitrary<readonly Plan[]> = fc.array(any, { maxLength: 5 });

export function make(plan: Plan, world: World): Policy<unknown> {
  const policy = made(plan, world);
  world.made.push(policy);
  return policy;
}

function made({ kind: name, options, inside = [] }: Plan, world: World): Policy<unknown> {
  const { clock } = world;
  if (name === 'shadow') return shadow(make(inside[0]!, world) as Guard);
  if (name === 'keyed') {
    return keyed(
      ({ key }) => key,
      () => make(inside[0]!, world),
      { ...options, clock },
    );
  }
  if (name === 'pipeline') {
    const { classifies } = options as { classifies: boolean };
    const policies = inside.map((one) => make(one, world));
    return pipeline({ name: 'nested', clock, ...(classifies ? { classify } : {}) }, ...policies);
  }
  return { ...GUARDS, ...WRAPPERS }[name]!.make(options as never, world);
}

/** New options for all policies of one kind. */
export const anyChange: fc.Arbitrary<Plan> = fc.oneof(
  ...Object.entries({ ...GUARDS, ...WRAPPERS }).map(([name, { changes }]) =>
    fc.record({ kind: fc.constant(name), options: changes }),
  ),
);

export function change({ kind: name, options }: Plan, { made: all }: World): void {
  for (const policy of all) if (policy.name === name) policy.prepareUpdate?.(options)();
}

/** Whether a limit in it only tells, so that a call may last longer. */
export const isPatient = ({ options, inside = [] }: Plan): boolean =>
  ('cooperative' in options && options.cooperative === true) || inside.some(isPatient);
