import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostClock } from '../src/host-clock.ts';
import { Again, pipeline } from '../src/index.ts';
import type { CallContext, Clock, Guard, Outcome } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';
import { deadlineOf, LimitLedger } from './limit-ledger.ts';
import type { PlainLimit } from './limit-ledger.ts';
import { ScriptedHost } from './scripted-host.ts';

/**
 * Random pipelines whose stages set limits, wait and repeat. However many limits a call has, they end it as if each had a timer of its
 * own: at its time, in their order, and none after its stage was left. Every deadline that is asked for is theirs.
 */

type StagePlan =
  | { kind: 'limits'; limits: { ms: number; cooperative: boolean }[] }
  | { kind: 'refuses'; ms: number; until: number }
  | { kind: 'queues'; ms: number }
  | { kind: 'again'; times: number; waitMs: number | undefined }
  | { kind: 'lingers'; ms: number };

interface OperationPlan {
  readonly ms: number | undefined;
  readonly fails: boolean;
  /** When it asks for its deadline: reading it fixes what is not fixed yet. */
  readonly asks: { readonly first: boolean; readonly last: boolean };
}

const limitMs = fc.constantFrom(0, 5, 10, 10, 15, 20, 30, 40, 60, 100, Number.POSITIVE_INFINITY);
const ms = fc.integer({ min: 0, max: 30 });
const stagePlan: fc.Arbitrary<StagePlan> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('limits' as const),
      limits: fc.array(fc.record({ ms: limitMs, cooperative: fc.boolean() }), { minLength: 1, maxLength: 2 }),
    }),
  },
  fc.record({ kind: fc.constant('refuses' as const), ms: limitMs, until: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('queues' as const), ms }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('again' as const),
      times: fc.integer({ min: 1, max: 2 }),
      waitMs: fc.option(ms, { nil: undefined }),
    }),
  },
  fc.record({ kind: fc.constant('lingers' as const), ms }),
);
const operationPlan: fc.Arbitrary<OperationPlan> = fc.record({
  ms: fc.option(fc.integer({ min: 0, max: 70 }), { nil: undefined, freq: 6 }),
  fails: fc.boolean(),
  asks: fc.record({ first: fc.boolean(), last: fc.boolean() }),
});
const stages = fc.array(stagePlan, { minLength: 1, maxLength: 7 });
const operations = fc.array(operationPlan, { minLength: 4, maxLength: 4 });

/** A call under way, in one kind of time or the other. */
class Trial {
  readonly ledger: LimitLedger;
  /** Waits that have not come to their end. */
  waiting = 0;
  /** What the engine would take for the fault of a guard. */
  readonly problems: unknown[] = [];
  #waits = 0;
  #operating = false;
  #answered = false;
  #attempts = 0;
  readonly #now: () => number;
  readonly #wait: (ms: number) => Promise<void>;

  constructor(now: () => number, wait: (ms: number) => Promise<void>) {
    this.ledger = new LimitLedger(now, this.problems);
    this.#now = now;
    this.#wait = wait;
  }

  /** Each wait has a fraction of its own, so that none ends together with a limit: which comes first then is nobody's promise. */
  async wait(ms: number): Promise<void> {
    this.waiting++;
    await this.#wait(ms + 2 ** -(1 + (this.#waits++ % 24)));
    this.waiting--;
  }

  begin(clock: Clock, plans: readonly StagePlan[], operation: readonly OperationPlan[]): Promise<unknown> {
    const guards = plans.map((plan, depth) => this.#guard(plan, depth));
    const run = pipeline({ name: 'p', clock }, ...guards).run((call) =>
      this.#operate(operation[this.#attempts++ % operation.length]!, call),
    );
    return run.catch((error: unknown) => error);
  }

  /** To be called whenever nothing is left to do but wait. */
  expectAtRest(lateByMs: number): void {
    this.#expectSound();
    expect(this.ledger.late(lateByMs)).toEqual([]);
    const { cut } = this.ledger;
    if (cut !== undefined) expect([cut.cooperative, this.#operating]).toEqual([true, true]);
  }

  expectOver(): void {
    this.#expectSound();
    expect([this.ledger.open, this.ledger.cut]).toEqual([[], undefined]);
  }

  #expectSound(): void {
    if (this.problems.length > 0) throw this.problems[0];
  }

  #check(expectation: () => void): void {
    try {
      expectation();
    } catch (error) {
      this.problems.push(error);
    }
  }

  #guard(plan: StagePlan, depth: number): Guard {
    const left = (outcome: Outcome): void => {
      this.#check(() => this.#expectEnding(outcome, depth));
      this.ledger.close(depth);
    };
    switch (plan.kind) {
      case 'limits':
        return {
          enter: (call) => {
            for (const { ms, cooperative } of plan.limits) this.ledger.set(call, depth, ms, cooperative);
          },
          exit: (_call, outcome) => left(outcome),
        };
      case 'refuses':
        return {
          enter: (call) => {
            this.ledger.set(call, depth, plan.ms, false);
            if (call.attempt >= plan.until) return;
            this.ledger.close(depth);
            throw new Error('refused');
          },
          exit: (_call, outcome) => left(outcome),
        };
      case 'queues':
        return { enter: () => this.wait(plan.ms), exit: (_call, outcome) => left(outcome) };
      case 'again':
        return {
          exit: (call, outcome, entered) => {
            left(outcome);
            this.#check(() => expect(call.cancelled).toBe(this.ledger.cut !== undefined));
            const times = typeof entered === 'number' ? entered : 0;
            if (!outcome.threw || call.cancelled || times >= plan.times) return undefined;
            if (plan.waitMs === undefined) return new Again(times + 1);
            return this.wait(plan.waitMs).then(() => new Again(times + 1));
          },
        };
      case 'lingers':
        return {
          exit: (_call, outcome) => {
            left(outcome);
            return this.wait(plan.ms).then(() => undefined);
          },
        };
    }
  }

  /** What a limit has cut ends with the reason of the last one that did; an operation that was waited for may still answer. */
  #expectEnding(outcome: Outcome, depth: number): void {
    const { cut } = this.ledger;
    if (cut === undefined || cut.depth > depth) return;
    this.#operating = false;
    if (!outcome.threw) return expect([cut.cooperative, this.#answered]).toEqual([true, true]);
    expect(outcome.error).toBe(cut.reason);
    if (outcome.ran && cut.kind !== undefined) expect(outcome.kind).toBe(cut.kind);
  }

  /** One that is over may be told late: when it was noticed. */
  #expectDeadline({ deadline }: CallContext, expected: number): void {
    if (deadline > this.#now()) return expect(deadline).toBeCloseTo(expected, 6);
    expect(deadline).toBeGreaterThanOrEqual(expected - 1e-6);
  }

  #operate(plan: OperationPlan, call: CallContext): unknown {
    const limits = [...this.ledger.open];
    const attempt = this.#attempts;
    const ask = (): void => this.#check(() => this.#expectDeadline(call, deadlineOf(limits)));
    this.#answered = false;
    if (plan.asks.first) ask();
    if (plan.ms === undefined) {
      if (plan.fails) throw new Error('failed at once');
      return 'at once';
    }
    this.#operating = true;
    return this.wait(plan.ms).then(() => {
      if (plan.asks.last) ask();
      if (attempt !== this.#attempts) return undefined; // left behind, and another one runs
      this.#operating = false;
      if (plan.fails) throw new Error('failed');
      this.#answered = true;
      return 'done';
    });
  }
}

const noTime: readonly { readonly ms: number; readonly stalled: boolean }[] = [];
const passing = (mayStall: boolean): fc.Arbitrary<typeof noTime> =>
  fc.array(fc.record({ ms: fc.integer({ min: 1, max: 40 }), stalled: mayStall ? fc.boolean() : fc.constant(false) }), {
    maxLength: 8,
  });

async function inVirtualTime(
  plans: readonly StagePlan[],
  operation: readonly OperationPlan[],
  time: typeof noTime,
): Promise<void> {
  const clock = new VirtualClock();
  const trial = new Trial(
    () => clock.now(),
    (ms) => clock.sleep(ms),
  );
  const result = trial.begin(clock, plans, operation);
  for (const { ms, stalled } of time) {
    if (stalled) {
      clock.stall(ms);
      trial.ledger.stalledUntil = clock.now();
    }
    await clock.advance(stalled ? 0 : ms);
    trial.expectAtRest(0);
    const timers = clock.pendingTimers.length - trial.waiting;
    expect(timers).toBeGreaterThanOrEqual(timed(trial.ledger.pending));
    expect(timers).toBeLessThanOrEqual(timed(trial.ledger.open)); // what has nothing more to cancel may go on until it is left
  }
  await clock.runAll();
  await result;
  trial.expectOver();
}

const timed = (limits: readonly PlainLimit[]): number =>
  limits.filter(({ dueAt, firedAt }) => dueAt < Number.POSITIVE_INFINITY && firedAt === undefined).length;

/** A loop in virtual time that lets promises come to rest between its turns. */
async function run(host: ScriptedHost, replies: Set<number>, untilMs: number): Promise<void> {
  for (;;) {
    host.turn();
    await new Promise((resolve) => setImmediate(resolve));
    for (const at of replies) if (at <= host.timeMs) replies.delete(at);
    if (host.immediates.length > 0) continue;
    const next = Math.min(...host.timeouts.map(({ at }) => at), ...replies);
    if (!(next <= untilMs)) break;
    host.timeMs = Math.max(host.timeMs, next);
  }
  host.timeMs = Math.max(host.timeMs, untilMs);
}

/** A timer is late by a tick of rounding, and by one for a timeout that called back too early. */
const LATE_MS = 2;
const LONG_MS = 10_000;

async function onHost(plans: readonly StagePlan[], operation: readonly OperationPlan[], time: typeof noTime): Promise<void> {
  const host = new ScriptedHost({ timeMs: 0.75 });
  const clock = new HostClock(host);
  const replies = new Set<number>();
  const trial = new Trial(
    () => host.timeMs,
    (ms) =>
      new Promise((resolve) => {
        replies.add(host.timeMs + ms);
        host.reply(ms, resolve);
      }),
  );
  trial.ledger.tickMs = 1;
  trial.ledger.stalledUntil = undefined;
  const result = trial.begin(clock, plans, operation);
  for (const { ms, stalled } of time) {
    await run(host, replies, host.timeMs); // what is set in a turn may count from its end, so none is blocked before that
    if (stalled) host.block(ms);
    await run(host, replies, host.timeMs + ms);
    trial.expectAtRest(LATE_MS);
  }
  await run(host, replies, host.timeMs + LONG_MS);
  await result;
  trial.expectOver();
  expect([host.isKeptAlive, host.reported]).toEqual([false, []]);
}

test('in virtual time, each limit ends what it bounds just at its end, and has no timer once its stage was left', async () => {
  await fc.assert(fc.asyncProperty(stages, operations, passing(false), inVirtualTime), { numRuns: 1_000 });
});

test('in virtual time that stalls, limits still end in their order, and say what was stalled', async () => {
  await fc.assert(fc.asyncProperty(stages, operations, passing(true), inVirtualTime), { numRuns: 1_000 });
});

test('on an event loop, each limit ends what it bounds at its end, or a little later', async () => {
  await fc.assert(fc.asyncProperty(stages, operations, passing(false), onHost), { numRuns: 500 });
});

test('on an event loop that is blocked at times, limits still end in their order', async () => {
  await fc.assert(fc.asyncProperty(stages, operations, passing(true), onHost), { numRuns: 500 });
});
