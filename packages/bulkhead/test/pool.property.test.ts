import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArrivalQueue } from '../src/arrival-queue.ts';
import { Pool } from '../src/pool.ts';
import type { Limits } from '../src/pool.ts';
import { PriorityQueue } from '../src/priority-queue.ts';
import type { OrderedQueue } from '../src/wait-queue.ts';
import { Waiter } from '../src/waiter.ts';
import { PlainPool } from './plain-pool.ts';

const AGEING_MS = 100;

const limits = fc.record({ concurrency: fc.integer({ min: 1, max: 6 }), queue: fc.nat(6) });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('arrive' as const),
      weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 8 })),
      priority: fc.nat(3),
      key: fc.constantFrom('a', 'b', 'c'),
      afterMs: fc.nat(150),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('end' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('resize' as const), limits }) },
);

/** A pool driven as the policy drives it, with every call known by its number. */
class Driven {
  readonly admissions: number[] = [];
  readonly refusals: number[] = [];
  readonly waiting = new Map<number, Waiter>();
  readonly running = new Map<number, { permits: number; key: string | undefined }>();
  readonly pool: Pool;
  readonly #ids = new Map<Waiter, number>();

  constructor(limits: Limits, makeQueue: () => OrderedQueue, shareRatio?: number, onAdmission?: (waiter: Waiter) => void) {
    this.pool = new Pool(limits, makeQueue, shareRatio, (waiter, permits) => {
      const id = this.#ids.get(waiter)!;
      onAdmission?.(waiter);
      this.waiting.delete(id);
      this.#run(id, permits, waiter.key);
    });
  }

  arrive(id: number, weight: number, priority: number, key: string | undefined, arrivedAt: number): void {
    const permits = this.pool.take(weight, key);
    if (permits > 0) {
      this.#run(id, permits, key);
      return;
    }
    if (this.pool.isFull) {
      const refused = this.pool.givesWayTo(priority, key);
      const refusedId = refused === undefined ? id : this.#ids.get(refused)!;
      this.refusals.push(refusedId);
      if (refused === undefined) return;
      this.cancel(refusedId);
    }
    const waiter = new Waiter(weight, priority, key, arrivedAt);
    this.#ids.set(waiter, id);
    this.waiting.set(id, waiter);
    this.pool.add(waiter);
  }

  end(id: number): void {
    const { permits, key } = this.running.get(id)!;
    this.running.delete(id);
    this.pool.giveBack(permits, key);
  }

  cancel(id: number): void {
    const waiter = this.waiting.get(id)!;
    this.waiting.delete(id);
    this.pool.remove(waiter);
  }

  #run(id: number, permits: number, key: string | undefined): void {
    this.running.set(id, { permits, key });
    this.admissions.push(id);
  }
}

const held = ({ running }: Driven): number => [...running.values()].reduce((sum, { permits }) => sum + permits, 0);
const nth = <T>(items: readonly T[], which: number): T => items[which % items.length]!;

test.each(['fifo', 'lifo', 'priority'] as const)(
  'with %s, every schedule of arrivals, ends, cancellations and resizes goes as the plain model says',
  (order) => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 60 }), (initial, steps) => {
        const makeQueue = (): OrderedQueue =>
          order === 'priority' ? new PriorityQueue(() => AGEING_MS) : new ArrivalQueue(order === 'lifo');
        const driven = new Driven(initial, makeQueue);
        const model = new PlainPool(order, AGEING_MS, initial);
        let { concurrency } = initial;
        let now = 0;
        let lastId = 0;
        for (const one of steps) {
          const before = driven.pool.inFlight;
          if (one.does === 'arrive') {
            now += one.afterMs;
            const id = ++lastId;
            driven.arrive(id, one.weight, one.priority, undefined, now);
            model.arrive({ id, weight: one.weight, priority: one.priority, arrivedAt: now });
          } else if (one.does === 'resize') {
            ({ concurrency } = one.limits);
            driven.pool.resize(one.limits);
            model.resize(one.limits);
          } else {
            const candidates = one.does === 'end' ? model.running : model.waiting;
            if (candidates.length === 0) continue;
            const id = nth(candidates, one.which);
            driven[one.does](id);
            model[one.does](id);
          }
          expect(driven.admissions).toEqual(model.admissions);
          expect(driven.refusals).toEqual(model.refusals);
          expect([driven.pool.inFlight, driven.pool.queued]).toEqual([model.inFlight, model.queued]);
          expect(driven.pool.inFlight).toBe(held(driven));
          expect(driven.pool.inFlight).toBeLessThanOrEqual(Math.max(concurrency, before));
        }
        for (const id of driven.waiting.keys()) driven.cancel(id);
        for (const id of driven.running.keys()) driven.end(id);
        expect([driven.pool.inFlight, driven.pool.queued]).toEqual([0, 0]);
      }),
      { numRuns: 2_000 },
    );
  },
  30_000,
);

test('shared fairly: within limits and shares, no waiter lost, and next is the oldest of a key that holds the fewest', () => {
  fc.assert(
    fc.property(
      limits,
      fc.constantFrom(0.3, 0.5, 1),
      fc.boolean(),
      fc.array(step, { maxLength: 60 }),
      (initial, shareRatio, weighted, steps) => {
        let { concurrency } = initial;
        const share = (): number => Math.max(1, Math.floor(concurrency * shareRatio));
        const holds = (key: string | undefined): number =>
          [...driven.running.values()].reduce((sum, one) => sum + (one.key === key ? one.permits : 0), 0);
        const mayGoOn = ({ key }: Waiter): boolean => holds(key) < share();
        const oldestOfEachKey = (): Waiter[] => {
          const oldest = new Map<string | undefined, Waiter>();
          for (const waiter of driven.waiting.values()) if (!oldest.has(waiter.key)) oldest.set(waiter.key, waiter);
          return [...oldest.values()];
        };
        const isItsTurn = (waiter: Waiter): void => {
          if (weighted) return; // who waits for several permits got its turn before
          const candidates = oldestOfEachKey();
          expect(candidates).toContain(waiter);
          for (const other of candidates.filter(mayGoOn)) expect(holds(waiter.key)).toBeLessThanOrEqual(holds(other.key));
        };
        const driven = new Driven(initial, () => new ArrivalQueue(false), shareRatio, isItsTurn);
        let lastId = 0;
        for (const one of steps) {
          const { inFlight } = driven.pool;
          const heldBefore = holds('a');
          if (one.does === 'arrive') driven.arrive(++lastId, weighted ? one.weight : 1, 0, one.key, lastId);
          else if (one.does === 'resize') {
            ({ concurrency } = one.limits);
            driven.pool.resize(one.limits);
          } else if (one.does === 'end' && driven.running.size > 0) driven.end(nth([...driven.running.keys()], one.which));
          else if (one.does === 'cancel' && driven.waiting.size > 0) driven.cancel(nth([...driven.waiting.keys()], one.which));

          expect([driven.pool.inFlight, driven.pool.queued]).toEqual([held(driven), driven.waiting.size]);
          expect(driven.pool.inFlight).toBeLessThanOrEqual(Math.max(concurrency, inFlight));
          if (!weighted) {
            expect(holds('a')).toBeLessThanOrEqual(Math.max(share(), heldBefore));
            if (driven.pool.inFlight < concurrency) expect(oldestOfEachKey().filter(mayGoOn)).toEqual([]);
          }
        }
        for (const id of driven.waiting.keys()) driven.cancel(id);
        for (const id of driven.running.keys()) driven.end(id);
        expect([driven.pool.inFlight, driven.pool.queued]).toEqual([0, 0]);
      },
    ),
    { numRuns: 2_000 },
  );
}, 30_000);
