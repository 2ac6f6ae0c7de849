import { isHoldfastError } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RateLimits } from '../src/meter.ts';
import { rateLimit } from '../src/rate-limit.ts';
import type { RateLimit } from '../src/rate-limit.ts';
import { SlidingWindow } from '../src/sliding-window.ts';
import { openCall } from './calls.ts';
import { PlainRate } from './plain-rate.ts';
import type { Fate } from './plain-rate.ts';

const QUEUE = 6;
const weightOf = ({ attributes }: CallContext): number => attributes['weight'] as number;

const windowLimits = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  perMs: fc.integer({ min: 1, max: 40 }),
  burst: fc.constant(undefined),
});
/** Intervals that are powers of two, whose sums are exact: model and limit must agree to the last bit. */
const bucketLimits = fc
  .record({
    interval: fc.constantFrom(0.25, 1, 2, 8, 16),
    limit: fc.integer({ min: 1, max: 5 }),
    burst: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ interval, limit, burst }) => ({ limit, perMs: limit * interval, burst }));

const weight = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) });
const maxWaitMs = fc.constantFrom(1, 20, 60, 200);
const stepWith = (limits: fc.Arbitrary<RateLimits>) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        does: fc.constant('enter' as const),
        weight,
        timeoutMs: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined, freq: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('cancel' as const), which: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('advance' as const), ms: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('change' as const), limits, maxWaitMs }) },
  );

/** Calls entered at a limit directly, and what became of each. */
class Calls {
  readonly clock = new VirtualClock();
  readonly guard: RateLimit;
  readonly fates: Fate[] = [];
  readonly callers = new Map<number, AbortController>();
  readonly waited = new Set<number>();

  constructor(limits: RateLimits, maxWaitMs: number) {
    this.guard = rateLimit({ clock: this.clock, ...limits, maxWaitMs, queue: QUEUE, weight: weightOf });
  }

  enter(id: number, weight: number, timeoutMs: number | undefined): void {
    const caller = new AbortController();
    const call = openCall(this.clock, {
      signal: caller.signal,
      attributes: { weight },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    try {
      const entered = this.guard.enter!(call);
      if (entered === undefined) {
        this.#note(id, 'admitted');
        return;
      }
      this.callers.set(id, caller);
      this.waited.add(id);
      (entered as Promise<void>).then(
        () => this.callers.has(id) && this.#note(id, 'admitted'), // else it was cancelled in the same turn
        (error: unknown) => this.#refused(id, error),
      );
    } catch (error) {
      this.#refused(id, error);
    }
  }

  cancel(id: number): void {
    this.callers.get(id)!.abort('gone');
    this.callers.delete(id);
  }

  #refused(id: number, error: unknown): void {
    if (error !== 'gone') this.#note(id, isHoldfastError(error, 'HOLDFAST_CONFIG') ? 'too heavy' : retryAfterOf(error));
  }

  #note(id: number, fate: Fate[2]): void {
    this.callers.delete(id);
    this.fates.push([id, this.clock.now(), fate]);
  }
}

const retryAfterOf = (error: unknown): number => {
  expect(error).toMatchObject({ code: 'HOLDFAST_RATE_LIMITED' });
  return (error as { retryAfterMs: number }).retryAfterMs;
};

const byId = (fates: readonly Fate[]): readonly Fate[] => [...fates].sort(([a], [b]) => a - b);
const sorted = (ids: readonly number[]): readonly number[] => [...ids].sort((a, b) => a - b);

test.each<[string, fc.Arbitrary<RateLimits>]>([
  ['a sliding window', windowLimits],
  ['a token bucket', bucketLimits],
])(
  '%s: whoever comes, weighs, leaves or changes it when, each has the fate, at the time, that the plain model says',
  async (_, limits) => {
    await fc.assert(
      fc.asyncProperty(
        limits,
        maxWaitMs,
        fc.array(stepWith(limits), { maxLength: 40 }),
        async (initial, initialWaitMs, steps) => {
          const calls = new Calls(initial, initialWaitMs);
          const model = new PlainRate(initial, initialWaitMs, QUEUE);
          let lastId = 0;
          for (const one of steps) {
            if (one.does === 'enter') {
              calls.enter(++lastId, one.weight, one.timeoutMs);
              model.enter(lastId, one.weight, one.timeoutMs ?? Number.POSITIVE_INFINITY);
            } else if (one.does === 'cancel') {
              const id = [...calls.callers.keys()][one.which % calls.callers.size];
              if (id === undefined) continue;
              calls.cancel(id);
              model.cancel(id);
            } else if (one.does === 'advance') {
              model.moveTo(calls.clock.now() + one.ms);
              await calls.clock.advance(one.ms);
            } else {
              calls.guard.prepareUpdate({ ...one.limits, maxWaitMs: one.maxWaitMs })();
              model.change(one.limits, one.maxWaitMs);
            }
            await calls.clock.advance(0);
            expect(byId(calls.fates)).toEqual(byId(model.fates));
            expect(sorted([...calls.callers.keys()])).toEqual(sorted(model.waiting.map(({ id }) => id)));
            expect(calls.guard.snapshot().queued).toBe(model.waiting.length);
          }
          model.moveTo(1e6);
          await calls.clock.advance(1e6 - calls.clock.now());
          expect(byId(calls.fates)).toEqual(byId(model.fates));
          const ended = (fate: (one: Fate[2]) => boolean): number => model.fates.filter(([, , one]) => fate(one)).length;
          expect(calls.guard.snapshot()).toMatchObject({
            queued: 0,
            oldestWaitMs: 0,
            permits: model.capacity,
            admitted: ended((fate) => fate === 'admitted'),
            refused: ended((fate) => typeof fate === 'number'),
          });
        },
      ),
      { numRuns: 1_500 },
    );
  },
  60_000,
);

const hastyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('enter' as const), weight }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('stall' as const), ms: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('rest' as const), ms: fc.nat(10) }) },
);

test('whatever happens within one turn, late alarms included: nobody is overtaken, no permit is lost, none given twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hastyStep, { maxLength: 40 }), async (steps) => {
      const limits = { limit: 5, perMs: 40, burst: undefined };
      const calls = new Calls(limits, 1_000);
      const weights = new Map<number, number>();
      const heldNow = (): number =>
        calls.fates.reduce((sum, [id, at, fate]) => {
          return fate === 'admitted' && at + limits.perMs > calls.clock.now() ? sum + weights.get(id)! : sum;
        }, 0);
      for (const one of steps) {
        if (one.does === 'enter') {
          const id = weights.size + 1;
          weights.set(id, one.weight);
          calls.enter(id, one.weight, undefined);
        } else if (one.does === 'cancel') {
          const id = [...calls.callers.keys()][one.which % calls.callers.size];
          if (id !== undefined) calls.cancel(id);
        } else if (one.does === 'stall') {
          await Promise.resolve(); // who was admitted before the stall learns of it before
          calls.clock.stall(one.ms);
        } else {
          await calls.clock.advance(one.ms);
          expect(calls.guard.snapshot().permits).toBe(limits.limit - heldNow());
        }
      }
      await calls.clock.runAll();
      const inTurn = calls.fates.flatMap(([id, , fate]) => (fate === 'admitted' && calls.waited.has(id) ? [id] : []));
      expect(inTurn).toEqual(sorted(inTurn));
      expect([calls.guard.snapshot().queued, calls.callers.size]).toEqual([0, 0]);
      expect(calls.guard.snapshot().permits).toBe(limits.limit - heldNow());
    }),
    { numRuns: 1_500 },
  );
}, 60_000);

const times = fc.array(fc.record({ afterMs: fc.double({ min: 0, max: 30, noNaN: true }), weight }), {
  minLength: 1,
  maxLength: 60,
});

test.each<[string, number | undefined]>([
  ['a sliding window', undefined],
  ['a token bucket', 5],
])(
  '%s: at any times, fractions and all, no stretch has more than is allowed, and a call refused comes through after retryAfterMs, not sooner',
  async (_, burst) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 5, max: 9 }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.constantFrom(0, 1e6 + 0.1, 1e9 + 1 / 3),
        times,
        async (limit, perMs, startMs, arrivals) => {
          const clock = new VirtualClock({ startMs });
          const guard = rateLimit({ clock, limit, perMs, burst, weight: weightOf });
          const admitted: { at: number; weight: number }[] = [];
          const enter = (weight: number): number => {
            try {
              guard.enter!(openCall(clock, { attributes: { weight } }));
              admitted.push({ at: clock.now(), weight });
              return 0;
            } catch (error) {
              return retryAfterOf(error);
            }
          };
          for (const { afterMs, weight } of arrivals) {
            await clock.advance(afterMs);
            const retryAfterMs = enter(weight);
            if (retryAfterMs === 0) continue;
            await clock.advance(retryAfterMs - 1);
            expect(enter(weight)).toBe(1);
            await clock.advance(1);
            expect(enter(weight)).toBe(0);
          }
          const least = perMs / limit;
          admitted.forEach(({ at: from }, i) => {
            let sum = 0;
            for (const { at, weight } of admitted.slice(i)) {
              sum += weight;
              const lengthMs = at - from + 1e-6; // more than what times so large are rounded by
              if (burst !== undefined) expect(sum).toBeLessThanOrEqual(burst + lengthMs / least);
              else if (lengthMs < perMs) expect(sum).toBeLessThanOrEqual(limit);
            }
          });
        },
      ),
      { numRuns: 1_000 },
    );
  },
  60_000,
);

test('a limit kept in slices: no window has more than the limit, and no permit comes back later than a slice after its time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_025, max: 5_000 }),
      fc.array(fc.record({ afterMs: fc.double({ min: 0, max: 60, noNaN: true }), permits: fc.integer({ min: 1, max: 1_000 }) })),
      (limit, arrivals) => {
        const perMs = 100;
        const window = new SlidingWindow({ limit, perMs, burst: undefined });
        const taken: { now: number; permits: number }[] = [];
        const within = (now: number, lengthMs: number): number =>
          taken.reduce((sum, one) => (one.now > now - lengthMs ? sum + one.permits : sum), 0);
        let now = 0;
        for (const { afterMs, permits } of arrivals) {
          now += afterMs;
          if (!window.take(permits, now)) {
            expect(within(now, perMs + perMs / 1_024 + 1e-9) + permits).toBeGreaterThan(limit);
            now = window.freeAt(permits, now);
            expect(window.take(permits, now)).toBe(true);
          }
          taken.push({ now, permits });
          expect(within(now, perMs - 1e-9)).toBeLessThanOrEqual(limit);
        }
      },
    ),
  );
});
