import { isHoldfastError, pipeline } from '@holdfast/core';
import type { Guard, GuardCall, Outcome } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bulkhead } from '../src/bulkhead.ts';
import { job, openCall } from './calls.ts';

const QUEUE_TIMEOUT_MS = 20;

const limits = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), queue: fc.nat(5) });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('enter' as const),
      weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('end' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('cancel' as const), which: fc.nat() }) },
  // Some promise reactions, not all: what follows meets everything else half done.
  { weight: 3, arbitrary: fc.record({ does: fc.constant('react' as const), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('advance' as const), ms: fc.nat(15) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('resize' as const), limits }) },
);
const schedule = { initial: limits, weighted: fc.boolean(), steps: fc.array(step, { maxLength: 40 }) };

const nth = <T>(items: readonly T[], which: number): T | undefined => items[which % items.length];
const isSorted = (numbers: readonly number[]): boolean => numbers.every((one, i) => i === 0 || numbers[i - 1]! < one);
const weightOf = ({ attributes }: { attributes: Readonly<Record<string, unknown>> }): number => attributes['weight'] as number;

async function react(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await Promise.resolve();
}

test('called directly: whatever enters, ends, is cancelled, times out or is resized when, limits hold and all comes back to zero', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(schedule), async ({ initial, weighted, steps }) => {
      const clock = new VirtualClock();
      const guard = bulkhead({ clock, ...initial, queueTimeoutMs: QUEUE_TIMEOUT_MS, ...(weighted ? { weight: weightOf } : {}) });
      let { concurrency } = initial;
      const callers = new Map<number, AbortController>();
      const inside = new Map<number, [GuardCall, unknown]>();
      const admittedAtOnce: number[] = [];
      const admittedLater: number[] = [];
      const endings: number[] = [];
      const codes = { HOLDFAST_BULKHEAD_FULL: 0, HOLDFAST_QUEUE_TIMEOUT: 0, ABORT: 0 };
      let lastId = 0;

      const admit = (id: number, call: GuardCall, ticket: unknown): void => {
        if (call.cancelled) guard.exit!(call, {} as Outcome, ticket); // as the engine does
        else inside.set(id, [call, ticket]);
      };
      const turnedAway = (id: number, error: unknown): void => {
        endings.push(id);
        codes[isHoldfastError(error) ? (error.code as keyof typeof codes) : 'ABORT']++;
      };
      const enter = (weight: number): void => {
        const id = ++lastId;
        const caller = new AbortController();
        const call = openCall(clock, { signal: caller.signal, attributes: { weight } });
        callers.set(id, caller);
        const { queued } = guard.snapshot();
        try {
          const entered = guard.enter!(call);
          if (entered instanceof Promise) {
            const later = (ticket: unknown): void => {
              admittedLater.push(id);
              admit(id, call, ticket);
            };
            entered.then(later, (error: unknown) => turnedAway(id, error));
          } else {
            expect(queued).toBe(0);
            admittedAtOnce.push(id);
            admit(id, call, entered);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL' });
          turnedAway(id, error);
        }
      };

      for (const one of steps) {
        const before = guard.snapshot();
        if (one.does === 'enter') enter(one.weight);
        else if (one.does === 'end') {
          const id = nth([...inside.keys()], one.which);
          if (id === undefined) continue;
          const [call, ticket] = inside.get(id)!;
          inside.delete(id);
          guard.exit!(call, {} as Outcome, ticket);
        } else if (one.does === 'cancel') nth([...callers.values()], one.which)?.abort();
        else if (one.does === 'react') await react(one.times);
        else if (one.does === 'advance') await clock.advance(one.ms);
        else {
          ({ concurrency } = one.limits);
          guard.resize(one.limits);
        }
        const { inFlight, queued, permits, oldestWaitMs } = guard.snapshot();
        expect(inFlight).toBeLessThanOrEqual(Math.max(concurrency, before.inFlight));
        expect(oldestWaitMs).toBeLessThanOrEqual(QUEUE_TIMEOUT_MS);
        if (!weighted && queued > 0) expect(permits).toBe(0);
        expect(isSorted(admittedLater)).toBe(true);
      }

      await clock.advance(QUEUE_TIMEOUT_MS);
      expect(guard.snapshot().queued).toBe(0);
      expect([...admittedAtOnce, ...admittedLater, ...endings].sort((a, b) => a - b)).toEqual(
        Array.from({ length: lastId }, (_, i) => i + 1),
      );
      for (const [call, ticket] of inside.values()) guard.exit!(call, {} as Outcome, ticket);
      expect(guard.snapshot()).toMatchObject({ inFlight: 0, queued: 0, permits: concurrency, oldestWaitMs: 0 });
      expect(guard.snapshot()).toMatchObject({
        admitted: admittedAtOnce.length + admittedLater.length,
        refused: codes.HOLDFAST_BULKHEAD_FULL,
        timedOut: codes.HOLDFAST_QUEUE_TIMEOUT,
      });
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);

test('through a pipeline: no more operations run than there are permits, they start in order, and all comes back to zero', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ ...schedule, attemptMs: fc.integer({ min: 5, max: 60 }) }),
      async ({ initial, steps, attemptMs }) => {
        const clock = new VirtualClock();
        const guard = bulkhead({ clock, ...initial, queueTimeoutMs: QUEUE_TIMEOUT_MS, holdUntilSettled: true });
        const hardTimeout: Guard = { enter: (call) => call.limit(attemptMs, () => new Error('too slow')) };
        const calls = pipeline({ name: 'calls', clock }, guard, hardTimeout);
        let { concurrency } = initial;
        const callers: AbortController[] = [];
        const running = new Map<number, () => void>();
        const startedLater: number[] = [];
        let entering: number | undefined;
        const results: Promise<unknown>[] = [];

        const start = (): void => {
          const id = callers.length;
          const caller = new AbortController();
          callers.push(caller);
          const { run, end } = job(`${id}`);
          const operation = (): Promise<string> => {
            // Who was admitted before the limit shrank may start after it.
            expect(running.size).toBeLessThan(Math.max(concurrency, guard.snapshot().inFlight));
            if (entering !== id) startedLater.push(id);
            running.set(id, end);
            return run();
          };
          entering = id; // who need not wait starts at once
          results.push(calls.run(operation, { signal: caller.signal }).catch((error: unknown) => error));
          entering = undefined;
        };

        for (const one of steps) {
          const before = guard.snapshot();
          if (one.does === 'enter') start();
          else if (one.does === 'end') {
            const id = nth([...running.keys()], one.which);
            if (id === undefined) continue;
            running.get(id)!();
            running.delete(id);
          } else if (one.does === 'cancel') nth(callers, one.which)?.abort('gone');
          else if (one.does === 'react') await react(one.times);
          else if (one.does === 'advance') await clock.advance(one.ms);
          else {
            ({ concurrency } = one.limits);
            guard.resize(one.limits);
          }
          const { inFlight, queued, permits } = guard.snapshot();
          expect(inFlight).toBeLessThanOrEqual(Math.max(concurrency, before.inFlight));
          expect(running.size).toBeLessThanOrEqual(inFlight);
          if (queued > 0) expect(permits).toBe(0);
          expect(isSorted(startedLater)).toBe(true);
        }

        await clock.advance(QUEUE_TIMEOUT_MS);
        for (const end of running.values()) end();
        await clock.advance(0);
        for (const ending of await Promise.all(results)) {
          if (typeof ending !== 'string') expect((ending as Error).message).toMatch(/too slow|bulkhead: no permit/);
        }
        expect(guard.snapshot()).toMatchObject({ inFlight: 0, leftBehind: 0, queued: 0, permits: concurrency });
        expect(calls.snapshot().inFlight).toBe(0);
        expect(clock.pendingTimers).toEqual([]);
      },
    ),
    { numRuns: 2_000 },
  );
}, 60_000);
