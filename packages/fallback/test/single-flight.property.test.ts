import { getEventListeners } from 'node:events';
import { pipeline } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { singleFlight } from '../src/single-flight.ts';
import { limit } from './cache-support.ts';

/**
 * Any calls at any time, that fail or hang, are aborted or run out of time. Whatever happens: at most one run of a key that anybody waits
 * for, every call ends once and in its own way, a run ends with the last that shares it and never before, and nothing is left.
 */

interface CallPlan {
  readonly startMs: number;
  readonly key: string;
  readonly workMs: number;
  readonly fails: boolean;
  readonly obeysSignal: boolean;
  readonly abortMs: number | undefined;
  readonly timeoutMs: number | undefined;
}

interface Plan {
  readonly calls: readonly CallPlan[];
  readonly shareFailures: boolean;
  readonly outerLimitMs: number;
  readonly cooperative: boolean;
}

const ms = fc.integer({ min: 0, max: 60 });
const callPlan: fc.Arbitrary<CallPlan> = fc.record({
  startMs: ms,
  key: fc.constantFrom('a', 'a', 'b'),
  workMs: fc.oneof({ weight: 6, arbitrary: ms }, { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) }),
  fails: fc.boolean(),
  obeysSignal: fc.boolean(),
  abortMs: fc.option(ms, { nil: undefined }),
  timeoutMs: fc.option(ms, { nil: undefined }),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  calls: fc.array(callPlan, { minLength: 1, maxLength: 12 }),
  shareFailures: fc.boolean(),
  outerLimitMs: fc.constantFrom(30, 100, 200),
  cooperative: fc.boolean(),
});

interface Ending {
  readonly at: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

class Trial {
  readonly clock = new VirtualClock();
  readonly flight;
  readonly service;
  /** Operations by key that were not told to stop. */
  readonly wanted = new Map<string, number>();
  readonly broken: string[] = [];
  readonly endings: (Ending | undefined)[] = [];
  readonly signals: AbortSignal[] = [];

  constructor({ shareFailures, outerLimitMs, cooperative }: Plan) {
    this.flight = singleFlight({ shareFailures });
    this.service = pipeline({ name: 'service', clock: this.clock }, limit(200), limit(outerLimitMs, cooperative), this.flight);
  }

  operation(index: number, { key, workMs, fails, obeysSignal }: CallPlan) {
    return async (call: CallContext): Promise<number> => {
      const running = (this.wanted.get(key) ?? 0) + 1;
      this.wanted.set(key, running);
      if (running > 1) this.broken.push(`${running} runs of ${key} at once`);
      let over = false;
      const end = (): void => {
        if (!over) this.wanted.set(key, this.wanted.get(key)! - 1);
        over = true;
      };
      call.signal.addEventListener('abort', end);
      try {
        await this.clock.sleep(workMs, obeysSignal ? call.signal : undefined);
        if (fails) throw new Error(String(index));
        return index;
      } finally {
        end();
      }
    };
  }

  async call(index: number, plan: CallPlan): Promise<void> {
    const { clock } = this;
    const { startMs, key, abortMs, timeoutMs } = plan;
    const caller = new AbortController();
    this.signals.push(caller.signal);
    await clock.sleep(startMs);
    if (abortMs !== undefined) void clock.sleep(abortMs).then(() => caller.abort(`abort of ${index}`));
    const options = { key, signal: caller.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    await this.service.run(this.operation(index, plan), options).then(
      (value) => void (this.endings[index] = { at: clock.now(), value }),
      (error: unknown) => void (this.endings[index] = { at: clock.now(), error }),
    );
  }
}

async function check(plan: Plan): Promise<void> {
  const trial = new Trial(plan);
  const { clock, endings, flight } = trial;
  const all = plan.calls.map((call, index) => trial.call(index, call));
  await clock.advance(1_000);
  await Promise.all(all);

  expect(trial.broken).toEqual([]);
  plan.calls.forEach(({ startMs, key, abortMs = Infinity, timeoutMs = Infinity }, index) => {
    const { at, value, error } = endings[index]!;
    expect(at).toBeLessThanOrEqual(startMs + Math.min(abortMs, timeoutMs, 200));
    if (typeof error === 'string') expect(error).toBe(`abort of ${index}`);
    // An answer or a failure is one that a call with this key gave.
    const from = value ?? (error instanceof Error && /^\d+$/.test(error.message) ? error.message : undefined);
    if (from !== undefined) expect(plan.calls[Number(from)]!.key).toBe(key);
  });
  if (!plan.shareFailures) {
    const failures = endings
      .map((ending) => ending!.error)
      .filter((error) => /^\d+$/.test((error as Error | undefined)?.message ?? ''));
    expect(new Set(failures).size).toBe(failures.length);
  }
  expect(flight.snapshot()).toMatchObject({ keys: 0, waiting: 0 });
  expect([...trial.wanted.values()].every((running) => running === 0)).toBe(true);
  expect(clock.pendingTimers).toEqual([]);
  expect(trial.signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
  expect(trial.service.snapshot().inFlight).toBe(0);
}

test('calls share runs, leave in their own way and leave nothing behind', async () => {
  await fc.assert(fc.asyncProperty(plan, check), { numRuns: 400 });
}, 60_000);
