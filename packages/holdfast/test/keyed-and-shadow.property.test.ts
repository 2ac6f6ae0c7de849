import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyed, pipeline, shadow } from '../src/index.ts';
import type { Guard } from '../src/index.ts';
import { anyGuard, anyPolicies, make, newWorld } from './worlds.ts';
import type { Plan } from './worlds.ts';

const call = fc.record({
  atMs: fc.integer({ min: 0, max: 60 }),
  key: fc.constantFrom('a', 'b', 'c'),
  abortsAfterMs: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
  steps: fc.array(fc.record({ takesMs: fc.integer({ min: 0, max: 50 }), works: fc.boolean() }), { minLength: 1, maxLength: 4 }),
});
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;
const calls = fc.array(call, { minLength: 1, maxLength: 10 });

interface Line {
  readonly key: string;
  readonly text: string;
}

/** What happened to each call and when, for calls through policies made anew; sorted, for only the order within a key is promised. */
async function history(all: readonly Call[], policiesOf: (world: ReturnType<typeof newWorld>) => Guard[]): Promise<Line[]> {
  const world = newWorld(7);
  const { clock } = world;
  const main = pipeline({ name: 'main', clock }, ...policiesOf(world));
  const lines: Line[] = [];
  const log = (key: string, text: string): void => void lines.push({ key, text: `${clock.now()} ${text}` });
  const running = all.map(async ({ atMs, key, abortsAfterMs, steps }, index) => {
    await clock.sleep(atMs);
    const controller = new AbortController();
    if (abortsAfterMs !== undefined) void clock.sleep(abortsAfterMs).then(() => controller.abort(new Error('left')));
    let made = 0;
    const operation = async (): Promise<string> => {
      const { takesMs, works } = steps[made++ % steps.length]!;
      log(key, `${index} called`);
      await clock.sleep(takesMs);
      if (!works) throw new Error('down');
      return 'up';
    };
    await main.run(operation, { key, signal: controller.signal }).then(
      (value) => log(key, `${index} ${value}`),
      (error: unknown) => log(key, `${index} ${String(error)}`),
    );
  });
  await clock.runAll({ limitMs: 10_000 });
  await Promise.all(running);
  expect(clock.pendingTimers).toEqual([]);
  return lines;
}

test('a policy in the shadow changes nothing for any call, whatever it thinks of it', { timeout: 60_000 }, async () => {
  const plan = fc.record({ guard: anyGuard, before: anyPolicies, after: anyPolicies });
  await fc.assert(
    fc.asyncProperty(plan, calls, async ({ guard, before, after }, all) => {
      const around = (inside: (world: ReturnType<typeof newWorld>) => Guard[]) => (world: ReturnType<typeof newWorld>) =>
        [
          ...before.map((one) => make(one, world)),
          ...inside({ ...world, random: () => 0.5 }),
          ...after.map((one) => make(one, world)),
        ] as Guard[];

      const without = await history(
        all,
        around(() => []),
      );
      const within = await history(
        all,
        around((world) => [shadow(make(guard, world) as Guard)]),
      );

      expect(within).toEqual(without);
    }),
    { numRuns: 600 },
  );
});

test('keys have nothing to do with one another', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyPolicies, calls, async (plans, all) => {
      const perKey = (keys: readonly Plan[]) => (world: ReturnType<typeof newWorld>) => [
        keyed(
          ({ key }) => key,
          () =>
            pipeline({ name: 'one key', clock: world.clock }, ...keys.map((plan) => make(plan, { ...world, random: () => 0.5 }))),
          { clock: world.clock },
        ) as never,
      ];

      const together = await history(all, perKey(plans));

      for (const one of ['a', 'b', 'c']) {
        const alone = await history(
          all.map((each) => (each.key === one ? each : { ...each, steps: [{ takesMs: 0, works: true }] })),
          perKey(plans),
        );
        const ofKey = (lines: readonly Line[]): string[] => lines.filter(({ key }) => key === one).map(({ text }) => text);
        expect(ofKey(alone)).toEqual(ofKey(together));
      }
    }),
    { numRuns: 400 },
  );
});
