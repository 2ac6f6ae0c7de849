import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Again, Outcome, pipeline, shadow } from '../src/index.ts';
import type { Guard, Policy } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

/**
 * The same calls through the same pipeline, once with a guard in the shadow and once without: every one must see, and end with, the
 * same at the same time, whatever the guard does. And nothing of the guard is left.
 */

type Behaviour =
  | { kind: 'admits' }
  | { kind: 'refuses'; every: number }
  | { kind: 'queues'; ms: number }
  | { kind: 'limits'; ms: number; cooperative: boolean }
  | { kind: 'again'; waitMs: number | undefined }
  | { kind: 'replaces'; waitMs: number | undefined }
  | { kind: 'faulty'; asynchronous: boolean }
  | { kind: 'slow'; slowCallMs: number }
  | { kind: 'listens' };

interface Call {
  readonly startMs: number;
  readonly takesMs: number;
  readonly fails: boolean;
  readonly obeysSignal: boolean;
  readonly abortMs: number | undefined;
  readonly timeoutMs: number | undefined;
}

const ms = fc.integer({ min: 0, max: 60 });
const wait = fc.option(ms, { nil: undefined });
const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ kind: fc.constant('admits' as const) }),
  fc.record({ kind: fc.constant('refuses' as const), every: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('queues' as const), ms }),
  fc.record({ kind: fc.constant('limits' as const), ms, cooperative: fc.boolean() }),
  fc.record({ kind: fc.constant('again' as const), waitMs: wait }),
  fc.record({ kind: fc.constant('replaces' as const), waitMs: wait }),
  fc.record({ kind: fc.constant('faulty' as const), asynchronous: fc.boolean() }),
  fc.record({ kind: fc.constant('slow' as const), slowCallMs: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('listens' as const) }),
);
const call: fc.Arbitrary<Call> = fc.record({
  startMs: fc.integer({ min: 0, max: 40 }),
  takesMs: ms,
  fails: fc.boolean(),
  obeysSignal: fc.boolean(),
  abortMs: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  timeoutMs: fc.option(ms, { nil: undefined }),
});

function guardOf(plan: Behaviour): Guard {
  let calls = 0;
  const later =
    (waitMs: number | undefined, turn: Outcome | Again): NonNullable<Guard['exit']> =>
    (inside) =>
      waitMs === undefined ? turn : inside.sleep(waitMs).then(() => turn);
  switch (plan.kind) {
    case 'admits':
      return { enter: () => 'ticket', exit() {} };
    case 'refuses':
      return {
        enter(inside) {
          inside.limit(5, () => 'over');
          if (++calls % plan.every === 0) throw new Error('refused');
        },
      };
    case 'queues':
      return { enter: (inside) => inside.sleep(plan.ms), exit() {} };
    case 'limits':
      return { enter: (inside) => inside.limit(plan.ms, () => 'over', plan.cooperative), exit() {} };
    case 'again':
      return { enter() {}, exit: later(plan.waitMs, new Again('once more')) };
    case 'replaces':
      return { enter() {}, exit: later(plan.waitMs, Outcome.returned('replaced')) };
    case 'faulty':
      return {
        enter() {},
        exit() {
          if (plan.asynchronous) return Promise.reject(new Error('bug'));
          throw new Error('bug');
        },
      };
    case 'slow':
      return { enter() {}, exit() {}, slowCallMs: plan.slowCallMs };
    case 'listens':
      return {
        enter: (inside) => inside.signal.addEventListener('abort', () => {}),
        exit: (inside) => void inside.onCancel(() => {}),
      };
  }
}

/** What each call, and the guards around and inside the place of the shadow, saw; with the time. */
async function observe(
  calls: readonly Call[],
  shadowed: readonly Policy[],
  retries: number,
  outermost: boolean,
): Promise<unknown> {
  const clock = new VirtualClock();
  const seen: unknown[][] = calls.map(() => []);
  const indexOf = new Map<number, number>();
  const note = (id: number, ...what: unknown[]): void => void seen[indexOf.get(id)!]?.push([clock.now(), ...what]);
  const witness = (name: string): Guard => ({
    name,
    enter: (inside) => note(inside.id, `> ${name}`, inside.attempt, inside.deadline),
    exit: (inside, { kind, threw }) => note(inside.id, `< ${name}`, kind, threw, inside.attempt, inside.cancelled),
  });
  const retry: Guard = {
    exit: (_inside, { threw }, entered) =>
      threw && ((entered as number) ?? 0) < retries ? new Again(((entered as number) ?? 0) + 1) : undefined,
  };
  const first: Guard = { enter: (inside) => void indexOf.set(inside.id, Number(inside.key)) };
  const around = outermost ? [...shadowed, retry] : [retry, ...shadowed];
  const p = pipeline({ name: 'p', clock }, first, witness('outside'), ...around, witness('inside'));

  const runs = calls.map(async ({ startMs, takesMs, fails, obeysSignal, abortMs, timeoutMs }, index) => {
    await clock.sleep(startMs);
    const controller = new AbortController();
    if (abortMs !== undefined) void clock.sleep(abortMs).then(() => controller.abort('aborted'));
    const result = p.run(
      async (context) => {
        note(context.id, 'runs', context.attempt, context.deadline);
        await clock.sleep(takesMs, obeysSignal ? context.signal : undefined);
        if (fails) throw new Error('down');
        return 'value';
      },
      { key: String(index), signal: controller.signal, timeoutMs },
    );
    const ending = await result.catch(String);
    seen[index]!.push([clock.now(), ending]);
  });
  await clock.runAll();
  await Promise.all(runs);
  expect(p.snapshot().inFlight).toBe(0);
  return seen;
}

test('a shadowed guard changes no result and no time of any call, and leaves nothing behind', async () => {
  const plan = fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    behaviours: fc.array(behaviour, { minLength: 1, maxLength: 3 }),
    retries: fc.integer({ min: 0, max: 2 }),
    outermost: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ calls, behaviours, retries, outermost }) => {
      const without = await observe(calls, [], retries, outermost);
      const within = await observe(calls, behaviours.map(guardOf).map(shadow), retries, outermost);
      expect(within).toEqual(without);
    }),
    { numRuns: 500 },
  );
});

test('nothing of a shadowed guard is pending once the calls have ended', async () => {
  await fc.assert(
    fc.asyncProperty(behaviour, fc.nat({ max: 60 }), async (plan, takesMs) => {
      const clock = new VirtualClock();
      const p = pipeline({ name: 'p', clock }, shadow(guardOf(plan)));
      const run = p.run(() => clock.sleep(takesMs));
      await clock.advance(takesMs);
      await run;
      expect(clock.pendingTimers).toEqual([]);
    }),
  );
});
