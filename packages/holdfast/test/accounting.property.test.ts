import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bulkhead, circuitBreaker, deadline, keyed, pipeline, retry, retryBudget, timeout } from '../src/index.ts';
import type { Policy } from '../src/index.ts';
import { seededRandom, VirtualClock } from '../src/testing.ts';

const plan = fc.record({
  attemptMs: fc.integer({ min: 1, max: 40 }),
  wholeMs: fc.integer({ min: 1, max: 120 }),
  attempts: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  packed: fc.constantFrom('not', 'keyed', 'nested'),
  breakerFirst: fc.boolean(),
});
const caller = fc.record({
  atMs: fc.integer({ min: 0, max: 60 }),
  abortsAfterMs: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
  steps: fc.array(fc.record({ takesMs: fc.integer({ min: 0, max: 50 }), works: fc.boolean() }), { minLength: 1, maxLength: 4 }),
});

test('the breaker counts what really ran, retries stay within their bounds', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.array(caller, { minLength: 1, maxLength: 12 }), async (given, callers) => {
      const { attemptMs, wholeMs, attempts, concurrency, packed, breakerFirst } = given;
      const clock = new VirtualClock();
      const breaker = circuitBreaker({ clock, window: { calls: 1_000 }, minimumCalls: 1_000 });
      const budget = retryBudget({ clock, ratio: 0.1, minPerSecond: 1, reserve: 3, timeoutCost: 1 });
      const common = { idempotent: true, backoff: () => 5, isRetry: () => false };
      const again = retry({ ...common, attempts, budget, clock, random: seededRandom(1) });
      const door: Record<typeof packed, () => Policy> = {
        not: () => breaker,
        keyed: () =>
          keyed(
            () => 'k',
            () => breaker,
            { clock },
          ),
        nested: () => pipeline({ name: 'nested', clock }, breaker),
      };
      const queue = bulkhead({ clock, concurrency, queue: 3, queueTimeoutMs: 10 });
      const inner = breakerFirst ? [door[packed](), queue] : [queue, door[packed]()];
      const main = pipeline(
        { name: 'main', clock },
        deadline({ clock, ms: wholeMs }),
        again,
        ...inner,
        timeout({ clock, ms: attemptMs }),
      );
      // Our own books: an attempt counts when it ends by itself, or is cut by a limit, but not when the caller leaves.
      const left = new Error('the caller left');
      const books = { calls: 0, failures: 0, extra: 0, mostAttempts: 0 };

      const running = callers.map(async ({ atMs, abortsAfterMs, steps }) => {
        await clock.sleep(atMs);
        const controller = new AbortController();
        if (abortsAfterMs !== undefined) void clock.sleep(abortsAfterMs).then(() => controller.abort(left));
        let made = 0;
        const operation = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
          const { takesMs, works } = steps[made++ % steps.length]!;
          books.mostAttempts = Math.max(books.mostAttempts, made);
          if (made > 1) books.extra++;
          let over = false;
          signal.addEventListener('abort', () => {
            if (!over && signal.reason !== left) {
              books.calls++;
              books.failures++;
            }
            over = true;
          });
          await clock.sleep(takesMs);
          if (!over) {
            books.calls++;
            if (!works) books.failures++;
          }
          over = true;
          if (!works) throw new Error('down');
        };
        await main.run(operation, { signal: controller.signal }).catch(() => {});
      });
      await clock.runAll({ limitMs: 10_000 });
      await Promise.all(running);

      const { calls, failures } = breaker.snapshot();
      expect({ calls, failures }).toEqual({ calls: books.calls, failures: books.failures });
      expect(books.mostAttempts).toBeLessThanOrEqual(attempts);
      const successes = books.calls - books.failures;
      expect(books.extra).toBeLessThanOrEqual(3 + successes * 0.1 + clock.now() / 1_000 + 1);
      expect(queue.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
