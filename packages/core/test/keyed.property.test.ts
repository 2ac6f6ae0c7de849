import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyed, pipeline } from '../src/index.ts';
import type { Guard } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

/**
 * Calls of any length over a few keys, at any time, some failing, against the plainest model there is: a list of instances with the
 * number of their calls. Only one with no calls may be missing, and only after its time or for lack of room.
 */

interface Use {
  readonly afterMs: number;
  readonly key: string;
  readonly takesMs: number;
  readonly fails: boolean;
}

interface Instance {
  readonly key: string;
  running: number;
  idleSince: number;
}

const use: fc.Arbitrary<Use> = fc.record({
  afterMs: fc.integer({ min: 0, max: 15 }),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  takesMs: fc.integer({ min: 0, max: 40 }),
  fails: fc.boolean(),
});

test('keys are kept, and forgotten, as in the model', async () => {
  const plan = fc.record({
    uses: fc.array(use, { minLength: 1, maxLength: 40 }),
    max: fc.integer({ min: 1, max: 4 }),
    idleMs: fc.integer({ min: 1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ uses, max, idleMs }) => {
      const clock = new VirtualClock();
      let model: Instance[] = [];
      const forget = (): void => {
        model = model.filter(({ running, idleSince }) => running > 0 || idleSince + idleMs > clock.now());
        while (model.length > max) {
          const idle = model.filter(({ running }) => running === 0);
          if (idle.length === 0) return;
          const oldest = idle.reduce((a, b) => (b.idleSince < a.idleSince ? b : a));
          model.splice(model.indexOf(oldest), 1);
        }
      };

      const policy = keyed(
        ({ key }) => key,
        (key): Guard & Instance => {
          const instance = { key, running: 0, idleSince: clock.now(), enter() {} };
          expect(model.map((one) => one.key)).not.toContain(key); // two of one key would not know of each other
          model.push(instance);
          return instance;
        },
        { clock, max, idleMs },
      );
      const p = pipeline({ name: 'p', clock }, policy);
      const same = (): void => {
        expect(policy.size).toBe(model.length);
        for (const one of model) expect(policy.peek(one.key)).toBe(one);
      };

      const runs: Promise<unknown>[] = [];
      for (const { afterMs, key, takesMs, fails } of uses) {
        await clock.advance(afterMs);
        forget();
        let instance: Instance | undefined;
        const run = p.run(
          async () => {
            instance = model.find((one) => one.key === key)!;
            instance.running++;
            forget();
            await clock.sleep(takesMs);
            if (fails) throw new Error('down');
          },
          { key },
        );
        const ended = (): void => {
          instance!.running--;
          instance!.idleSince = clock.now();
          // To the end of the list: of two that fell idle at the same time, the one that fell idle first goes first.
          model = [...model.filter((one) => one !== instance), instance!];
          forget();
        };
        runs.push(run.then(ended, ended));
        same();
      }
      await clock.runAll();
      await Promise.all(runs);
      same();
      expect(model.length).toBeLessThanOrEqual(max);
      expect(p.snapshot().inFlight).toBe(0);
      expect(clock.pendingTimers).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
