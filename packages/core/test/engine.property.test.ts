import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Again, Outcome, pipeline, subscribe } from '../src/index.ts';
import type { CallContext, Guard, GuardCall, HoldfastEvent, Pipeline, Policy, Wrapper } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

/**
 * Random pipelines, random operations, random aborts, many calls at once. Whatever happens: only what was entered is exited, in
 * reverse order, exactly once; the caller's abort and time-out end the call in the same instant; nothing is left over.
 */

type PolicyPlan =
  | { kind: 'plain' }
  | { kind: 'refuses'; every: number }
  | { kind: 'queues'; ms: number; deaf: boolean }
  | { kind: 'faulty'; asynchronous: boolean }
  | { kind: 'again'; times: number; waitMs: number }
  | { kind: 'rescues'; waitMs: number }
  | { kind: 'limits'; ms: number; cooperative: boolean }
  | { kind: 'wraps' }
  | { kind: 'twice'; atOnce: boolean }
  | { kind: 'nested'; policies: PolicyPlan[] };

interface OperationPlan {
  readonly ms: number | 'at once' | 'hangs';
  readonly fails: boolean;
  readonly obeysSignal: boolean;
}

interface CallPlan {
  readonly startMs: number;
  readonly abortMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly operation: OperationPlan;
}

const ms = fc.integer({ min: 0, max: 60 });
const { policyPlan } = fc.letrec<{ policyPlan: PolicyPlan }>((tie) => ({
  policyPlan: fc.oneof(
    { maxDepth: 2 },
    fc.record({ kind: fc.constant('plain' as const) }),
    fc.record({ kind: fc.constant('refuses' as const), every: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('queues' as const), ms, deaf: fc.boolean() }),
    fc.record({ kind: fc.constant('faulty' as const), asynchronous: fc.boolean() }),
    fc.record({ kind: fc.constant('again' as const), times: fc.integer({ min: 1, max: 2 }), waitMs: ms }),
    fc.record({ kind: fc.constant('rescues' as const), waitMs: ms }),
    fc.record({ kind: fc.constant('limits' as const), ms: fc.integer({ min: 1, max: 60 }), cooperative: fc.boolean() }),
    fc.record({ kind: fc.constant('wraps' as const) }),
    fc.record({ kind: fc.constant('twice' as const), atOnce: fc.boolean() }),
    fc.record({ kind: fc.constant('nested' as const), policies: fc.array(tie('policyPlan'), { maxLength: 3 }) }),
  ),
}));

const operationPlan: fc.Arbitrary<OperationPlan> = fc.record({
  ms: fc.oneof({ weight: 4, arbitrary: ms }, { weight: 1, arbitrary: fc.constantFrom('at once' as const, 'hangs' as const) }),
  fails: fc.boolean(),
  obeysSignal: fc.boolean(),
});
const callPlan: fc.Arbitrary<CallPlan> = fc.record({
  startMs: fc.integer({ min: 0, max: 30 }),
  abortMs: fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
  timeoutMs: fc.option(ms, { nil: undefined }),
  operation: operationPlan,
});

/** The stacks of entered stages, one per frame, and what broke their discipline. */
class Ledger {
  readonly open = new Map<GuardCall, number[]>();
  late = 0;
  readonly broken: string[] = [];

  entered(call: GuardCall, stage: number): void {
    const stack = this.open.get(call);
    if (stack === undefined) this.open.set(call, [stage]);
    else stack.push(stage);
  }

  exited(call: GuardCall, stage: number): void {
    const stack = this.open.get(call) ?? [];
    if (stack.at(-1) !== stage) this.broken.push(`exit of ${stage} while entered: [${stack.join(' ')}]`);
    stack.pop();
    if (stack.length === 0) this.open.delete(call);
  }

  /** Throws unless `stage` is the innermost one entered. */
  stays(call: GuardCall, stage: number): void {
    if (this.open.get(call)?.at(-1) !== stage) this.broken.push(`again of ${stage} which is not innermost`);
  }
}

let lastStage = 0;

function build(plan: PolicyPlan, ledger: Ledger, clock: VirtualClock): Policy<unknown> {
  const stage = ++lastStage;
  const plain: Guard = {
    name: `${plan.kind} ${stage}`,
    enter: (call) => ledger.entered(call, stage),
    exit: (call) => ledger.exited(call, stage),
  };
  switch (plan.kind) {
    case 'plain':
      return plain;
    case 'refuses': {
      let calls = 0;
      return {
        ...plain,
        enter(call) {
          if (++calls % plan.every === 0) throw new Error('refused');
          ledger.entered(call, stage);
        },
      };
    }
    case 'queues':
      return {
        ...plain,
        async enter(call) {
          await (plan.deaf ? clock.sleep(plan.ms) : call.sleep(plan.ms));
          if (call.cancelled) {
            ledger.late++;
            return 'late';
          }
          ledger.entered(call, stage);
          return 'in time';
        },
        exit(call, _outcome, entered) {
          if (entered === 'late') ledger.late--;
          else ledger.exited(call, stage);
        },
      };
    case 'faulty':
      return {
        ...plain,
        exit(call) {
          ledger.exited(call, stage);
          if (plan.asynchronous) return Promise.reject(new Error('bug'));
          throw new Error('bug');
        },
      };
    case 'again':
      return {
        ...plain,
        exit(call, outcome, entered) {
          const times = typeof entered === 'number' ? entered : 0;
          if (!outcome.threw || call.cancelled || times >= plan.times) {
            ledger.exited(call, stage);
            return undefined;
          }
          ledger.stays(call, stage);
          if (plan.waitMs === 0) return new Again(times + 1);
          return call.sleep(plan.waitMs).then(
            () => new Again(times + 1),
            (error: unknown) => {
              ledger.exited(call, stage);
              throw error;
            },
          );
        },
      };
    case 'rescues':
      return {
        ...plain,
        exit(call, outcome) {
          ledger.exited(call, stage);
          if (!outcome.threw) return undefined;
          return clock.sleep(plan.waitMs).then(() => Outcome.returned('rescued'));
        },
      };
    case 'limits':
      return {
        ...plain,
        enter(call) {
          ledger.entered(call, stage);
          call.limit(plan.ms, () => new Error(`limit ${stage}`), plan.cooperative);
        },
      };
    case 'wraps':
      return { name: `wraps ${stage}`, run: async (operation) => await operation() } satisfies Wrapper;
    case 'twice':
      return {
        name: `twice ${stage}`,
        async run(operation, call) {
          if (!plan.atOnce) {
            await operation().catch(() => {});
            return operation();
          }
          const forks = [call.fork(1), call.fork(2)];
          try {
            return await Promise.any(forks.map((fork) => operation(fork)));
          } finally {
            for (const fork of forks) {
              fork.cancel(new Error('lost'));
              fork.close();
            }
          }
        },
      } satisfies Wrapper;
    case 'nested':
      return pipeline({ name: `nested ${stage}`, clock }, ...plan.policies.map((inner) => build(inner, ledger, clock)));
  }
}

function operationOf(plan: OperationPlan, clock: VirtualClock, running: Set<CallContext>): (call: CallContext) => unknown {
  const { ms: takes, fails, obeysSignal } = plan;
  const end = (): string => {
    if (fails) throw new Error('failed');
    return 'answer';
  };
  return (call) => {
    if (takes === 'at once') return end();
    const takesMs = takes === 'hangs' ? 10_000 : takes;
    if (!obeysSignal) return clock.sleep(takesMs).then(end);
    running.add(call);
    return clock
      .sleep(takesMs, call.signal)
      .finally(() => running.delete(call))
      .then(end);
  };
}

interface Run {
  readonly plan: CallPlan;
  settledAt: number | undefined;
}

async function simulate(policies: PolicyPlan[], calls: CallPlan[], listen: boolean): Promise<void> {
  const clock = new VirtualClock();
  const ledger = new Ledger();
  const events: HoldfastEvent[] = [];
  const stopThrowing = subscribe(() => {
    throw new Error('a listener of somebody else');
  });
  if (!listen) stopThrowing();
  const stop = listen ? subscribe((event) => events.push(event)) : () => {};
  const p: Pipeline<unknown> = pipeline({ name: 'p', clock }, ...policies.map((plan) => build(plan, ledger, clock)));
  const runs = calls.map((plan): Run => ({ plan, settledAt: undefined }));

  const start = async (run: Run): Promise<void> => {
    const { startMs, abortMs, timeoutMs, operation } = run.plan;
    await clock.sleep(startMs);
    const controller = new AbortController();
    const running = new Set<CallContext>();
    const settled = p.run(operationOf(operation, clock, running), { signal: controller.signal, timeoutMs }).then(
      () => (run.settledAt = clock.now()),
      () => (run.settledAt = clock.now()),
    );
    if (abortMs !== undefined) {
      await clock.sleep(abortMs);
      controller.abort(new Error('caller'));
    }
    await settled;
    // Who listens to its signal is not left running by a call that has ended; nobody waits a moment for that.
    await clock.sleep(0);
    if (running.size > 0) ledger.broken.push('an operation that obeys its signal goes on after the call');
  };

  const all = Promise.all(runs.map(start));
  await clock.runAll();
  await all;
  stop();
  stopThrowing();

  expect(ledger.broken).toEqual([]);
  expect([...ledger.open.values()]).toEqual([]);
  expect(ledger.late).toBe(0);
  expect(p.snapshot().inFlight).toBe(0);
  expect(clock.pendingTimers).toEqual([]);
  for (const { plan, settledAt } of runs) {
    const { startMs, abortMs = Infinity, timeoutMs = Infinity } = plan;
    expect(settledAt).toBeLessThanOrEqual(startMs + Math.min(abortMs, timeoutMs, 20_000 * 50));
  }
  if (listen) expectEventsToAddUp(events);
}

function expectEventsToAddUp(events: readonly HoldfastEvent[]): void {
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  expect(count('call.finished')).toBe(count('call.started'));
  expect(count('attempt.finished')).toBe(count('attempt.started'));
  expect(count('call.dequeued')).toBe(count('call.queued'));
  const started = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'call.started') started.set(event.callId, event.at);
    else if (event.type === 'call.finished') {
      expect(event.durationMs).toBe(event.at - started.get(event.callId)!);
      started.delete(event.callId);
    }
  }
  expect(started.size).toBe(0);
}

test('whatever happens, stages are exited as they were entered, in time, and nothing is left over', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(policyPlan, { maxLength: 6 }),
      fc.array(callPlan, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (policies, calls, listen) => simulate(policies, calls, listen),
    ),
    { numRuns: 4_000 },
  );
}, 60_000);
