import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { isHoldfastError, openCall, pipeline, subscribe, trailOf, withCall } from '../src/index.ts';
import type { CallContext, HoldfastEvent, Pipeline } from '../src/index.ts';
import { ANSWER, anyChange, anyPolicies, BAD, change, classify, ignorable, isPatient, make, newWorld } from './worlds.ts';
import type { Plan, World } from './worlds.ts';

// Every policy with every other, in any order and nesting, around operations that do anything, for callers that do anything.

const short = fc.integer({ min: 0, max: 60 });

/** What the operation does when it is called the first time, the second time, and so on. */
const step = fc.record({
  takesMs: short,
  does: fc.constantFrom(
    'answers',
    'answers',
    'fails',
    'throws',
    'answers badly',
    'fails ignorably',
    'thenable',
    'calls',
    'calls around',
  ),
  heedsSignal: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const caller = fc.record({
  comesAtMs: short,
  abortsAfterMs: fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
  timeoutMs: fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined }),
  servedWithinMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  key: fc.constantFrom(undefined, 'a', 'b', '__proto__'),
  criticality: fc.constantFrom(undefined, 'critical_plus' as const, 'sheddable' as const),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});
type Caller = typeof caller extends fc.Arbitrary<infer C> ? C : never;

const story = fc.record({
  outer: anyPolicies,
  inner: anyPolicies,
  callers: fc.array(caller, { minLength: 1, maxLength: 12 }),
  changes: fc.array(fc.record({ atMs: short, to: anyChange }), { maxLength: 3 }),
  watched: fc.boolean(),
  seed: fc.nat(),
});

/** What a call may be answered with; through a cache or a shared run by another's operation as well. */
const VALUES: readonly unknown[] = [ANSWER, BAD, 'answers', 'thenable'];

class Story {
  readonly problems: string[] = [];
  readonly world: World;
  readonly main: Pipeline<unknown>;
  readonly side: Pipeline<unknown>;
  readonly #own = new WeakSet<object>();

  constructor(outer: readonly Plan[], inner: readonly Plan[], seed: number) {
    this.world = newWorld(seed);
    const { clock } = this.world;
    this.main = pipeline({ name: 'main', classify, clock }, ...outer.map((plan) => make(plan, this.world)));
    this.side = pipeline({ name: 'side', classify, clock }, ...inner.map((plan) => make(plan, this.world)));
  }

  error(message: string): Error {
    const error = new Error(message);
    this.#own.add(error);
    return error;
  }

  /** Whether a call may end with it: our refusals, the operation's own errors, the caller's reason, the fallback's. */
  mayEndWith(thrown: unknown, reason: unknown): boolean {
    if (thrown === reason || thrown instanceof RangeError) return true;
    return (typeof thrown === 'object' && thrown !== null && this.#own.has(thrown)) || isHoldfastError(thrown);
  }

  async #plain({ takesMs, does, heedsSignal }: Step, { signal }: CallContext): Promise<string> {
    const { clock } = this.world;
    await (heedsSignal ? clock.sleep(takesMs, signal).catch(() => Promise.reject(this.error('heeded'))) : clock.sleep(takesMs));
    if (does === 'fails') throw this.error('failed');
    if (does === 'fails ignorably') {
      const error = this.error('ignorable');
      ignorable.add(error);
      throw error;
    }
    return does === 'answers badly' ? BAD : does;
  }

  perform(now: Step, call: CallContext): PromiseLike<unknown> | string {
    const { clock } = this.world;
    if (call.signal.aborted) this.problems.push('begun after its end');
    if (call.remainingMs() < 0) this.problems.push('less than no time left');
    switch (now.does) {
      case 'throws':
        throw this.error('thrown at once');
      case 'thenable':
        // oxlint-disable-next-line unicorn/no-thenable -- operations may return what is no promise
        return { then: (resolve) => clock.sleep(now.takesMs).then(() => resolve?.('thenable') as never) };
      case 'calls':
        return this.side.run((inner) => this.#plain({ ...now, does: 'answers' }, inner), call);
      case 'calls around':
        return withCall(call, async () => {
          await clock.sleep(1);
          return this.side.run((inner) => this.#plain({ ...now, does: 'fails' }, inner));
        });
      default:
        return this.#plain(now, call);
    }
  }

  async call({ comesAtMs, abortsAfterMs, timeoutMs, servedWithinMs, steps, ...options }: Caller): Promise<void> {
    const { clock } = this.world;
    await clock.sleep(comesAtMs);
    const controller = new AbortController();
    const reason = this.error('the caller left');
    if (abortsAfterMs !== undefined) void clock.sleep(abortsAfterMs).then(() => controller.abort(reason));
    const parent = servedWithinMs === undefined ? undefined : openCall('server', { timeoutMs: servedWithinMs }, clock);
    const beganAt = clock.now();
    let made = 0;
    try {
      const operation = (call: CallContext): PromiseLike<unknown> | string => this.perform(steps[made++ % steps.length]!, call);
      const value = await this.main.run(operation, { ...options, timeoutMs, parent, signal: controller.signal });
      if (!VALUES.includes(value)) this.problems.push(`answered ${String(value)}`);
    } catch (error) {
      if (!this.mayEndWith(error, reason)) this.problems.push(`ended with ${String((error as Error).stack)}`);
      if (trailOf(error).length > 16) this.problems.push('a trail without bound');
    }
    parent?.close();
    const mostMs = Math.min(...[abortsAfterMs, timeoutMs, servedWithinMs].map((ms) => ms ?? Number.POSITIVE_INFINITY));
    if (clock.now() - beganAt > mostMs) this.problems.push(`took ${clock.now() - beganAt} of ${mostMs} ms`);
    if (getEventListeners(controller.signal, 'abort').length > 0) this.problems.push('still listens to the caller');
  }

  snapshots(): Record<string, unknown>[] {
    const { made } = this.world;
    return [this.main, this.side, ...made].map((policy) => policy.snapshot?.() as Record<string, unknown>);
  }

  /** No count is ever below zero, or not a number. */
  checkCounts(): void {
    for (const snapshot of this.snapshots()) {
      const wrong = Object.entries(snapshot ?? {}).filter(([, value]) => typeof value === 'number' && !(value >= 0));
      if (wrong.length > 0) this.problems.push(`${JSON.stringify(snapshot)}: ${wrong.join()}`);
    }
  }

  /** Once all calls have ended nothing is held, waited for or about to ring. */
  checkRest(): void {
    for (const snapshot of this.snapshots()) {
      const left = AT_REST.filter((count) => (snapshot?.[count] ?? 0) !== 0);
      if (left.length > 0) this.problems.push(`left over: ${left.join()} of ${JSON.stringify(snapshot)}`);
    }
    const { pendingTimers } = this.world.clock;
    if (pendingTimers.length > 0) this.problems.push(`timers left: ${JSON.stringify(pendingTimers)}`);
  }
}

/** Counts of what is under way, whatever the policy. */
const AT_REST = ['inFlight', 'queued', 'waiting', 'leftBehind', 'running', 'waiters', 'revalidating', 'hedging'];

/** Events come in pairs, and tell the same. */
function checkEvents(events: readonly HoldfastEvent[]): string[] {
  const problems: string[] = [];
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  const operations = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'policy.faulted') problems.push(`faulted ${event.policy}: ${String((event.error as Error).stack)}`);
    if (event.type === 'attempt.started') operations.set(event.callId, (operations.get(event.callId) ?? 0) + 1);
    if (event.type === 'call.finished' && event.attempts !== (operations.get(event.callId) ?? 0)) {
      problems.push(`${event.attempts} attempts, of which ${operations.get(event.callId)} began`);
    }
    if ('durationMs' in event && !(event.durationMs >= 0)) problems.push(`${event.type} took ${String(event.durationMs)}`);
  }
  for (const [begin, end] of [
    ['call.started', 'call.finished'],
    ['call.queued', 'call.dequeued'],
    ['attempt.started', 'attempt.finished'],
  ] as const) {
    if (count(begin) !== count(end)) problems.push(`${count(begin)} ${begin}, ${count(end)} ${end}`);
  }
  return problems;
}

async function live({
  outer,
  inner,
  callers,
  changes,
  watched,
  seed,
}: typeof story extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
  const told = new Story(outer, inner, seed);
  const { clock } = told.world;
  const events: HoldfastEvent[] = [];
  const unsubscribe = watched ? subscribe((event) => events.push(event)) : () => {};
  const calls = callers.map((one) => told.call(one));
  for (const { atMs, to } of changes) void clock.sleep(atMs).then(() => change(to, told.world));
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(10);
    told.checkCounts();
  }
  await clock.runAll({ limitMs: 10_000 });
  await Promise.all(calls);
  await clock.runAll({ limitMs: 10_000 });
  unsubscribe();

  told.checkCounts();
  told.checkRest();
  const patient = [...outer, ...inner].some(isPatient);
  const late = patient ? told.problems.filter((problem) => problem.startsWith('took')) : [];
  expect([...told.problems.filter((problem) => !late.includes(problem)), ...checkEvents(events)]).toEqual([]);
}

test('all calls end in time, with what they may end with, and leave nothing behind', { timeout: 60_000 }, async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));

  await fc.assert(fc.asyncProperty(story, live), { numRuns: 1_500 });
  await new Promise((resolve) => setImmediate(resolve));

  expect(unhandled).toEqual([]);
});
