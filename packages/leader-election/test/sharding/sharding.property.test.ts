import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BALANCE_MS, Fleet, RETRY_MS } from './fleet.ts';
import type { FleetOptions } from './fleet.ts';

const MOST_MEMBERS = 6;
/** The work's wind-down, the drain's bound, and two requests to give the lease back. */
const STOP_MS = 16_500;

/** Where the store is polled, and work takes 6 s to end: a lease, and several rounds of asking, draining and finding out. */
const POLLED_BALANCE_MS = 3 * BALANCE_MS;

const runs = (given: number): { numRuns: number } => ({ numRuns: Number(process.env['PROPERTY_RUNS'] ?? given) });

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ does: 'join' } as const) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('leave' as const), which: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('crash' as const), which: fc.nat(99) }) },
);
const partition = fc.record({ does: fc.constant('cut' as const), which: fc.nat(99), forMs: fc.nat(25_000) });
const pause = fc.oneof(fc.nat(300), fc.nat(5_000), fc.nat(30_000));
const script = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<{ readonly what: T; readonly afterMs: number }[]> =>
  fc.array(fc.record({ what: arbitrary, afterMs: pause }), { minLength: 1, maxLength: 10 });

type Happening =
  | { readonly does: 'join' }
  | { readonly does: 'leave' | 'crash'; readonly which: number }
  | { readonly does: 'cut'; readonly which: number; readonly forMs: number };

/** Plays a script; the first member joins by itself, and the last one stays. */
async function play(fleet: Fleet, steps: readonly { readonly what: Happening; readonly afterMs: number }[]): Promise<void> {
  fleet.join();
  for (const { what, afterMs } of steps) {
    await fleet.clock.advance(afterMs);
    const present = [...fleet.members.keys()];
    if (what.does === 'join') {
      if (present.length < MOST_MEMBERS) fleet.join();
      continue;
    }
    const chosen = present[what.which % present.length]!;
    if (what.does === 'cut') {
      fleet.cut(chosen);
      void fleet.clock.sleep(what.forMs).then(() => fleet.mend(chosen));
    } else if (present.length > 1) {
      if (what.does === 'leave') void fleet.leave(chosen);
      else fleet.crash(chosen);
    }
  }
}

/** What holds however it went: nobody overlapped, and all stop in time. */
async function endsWell(fleet: Fleet): Promise<void> {
  const beganMs = fleet.clock.now();
  const stops = [...fleet.members.values()].map(async ({ election }) => {
    await election.stop();
    return fleet.clock.now() - beganMs;
  });
  await fleet.clock.advance(60_000);
  for (const tookMs of await Promise.all(stops)) expect(tookMs).toBeLessThanOrEqual(STOP_MS);
  expect(fleet.faults).toEqual([]);
  expect(fleet.stints.filter(({ endedAtMs }) => endedAtMs === undefined)).toEqual([]);
}

const calm = fc.record({
  shards: fc.integer({ min: 1, max: 16 }),
  seed: fc.nat(),
  delayMs: fc.constantFrom(0, 5, 50),
  windDownMs: fc.constantFrom(0, 100, 800),
});
const troubled = fc.record({
  shards: fc.integer({ min: 1, max: 16 }),
  seed: fc.nat(),
  delayMs: fc.constantFrom(5, 200, 800),
  lossRatio: fc.constantFrom(0, 0.05, 0.2),
  watches: fc.boolean(),
  windDownMs: fc.constantFrom(0, 1_000, 6_000),
});

test('however members join, leave and crash, the shards are even a lease and three retry periods later, and stay where they are', async () => {
  await fc.assert(
    fc.asyncProperty(calm, script(happening), async (options, steps) => {
      const fleet = new Fleet(options);
      await play(fleet, steps);

      expect(await fleet.untilEven(BALANCE_MS)).toBeLessThanOrEqual(BALANCE_MS);

      await fleet.clock.advance(3 * RETRY_MS); // a last move may be under way between two that are even
      const before = fleet.moves;
      await fleet.clock.advance(120_000);
      expect(fleet.moves).toBe(before);
      expect(fleet.imbalance()).toBeLessThanOrEqual(1);
      await endsWell(fleet);
    }),
    runs(40),
  );
}, 120_000);

test('through partitions and lost messages no shard is led twice and no work overlaps, and once they are over the shards become even', async () => {
  await fc.assert(
    fc.asyncProperty(troubled, script(fc.oneof(happening, partition)), async (options, steps) => {
      const fleet = new Fleet(options);
      await play(fleet, steps);
      fleet.heal();

      expect(await fleet.untilEven(POLLED_BALANCE_MS)).toBeLessThanOrEqual(POLLED_BALANCE_MS);
      await endsWell(fleet);
    }),
    runs(40),
  );
}, 120_000);

/** Members that came one after the other, and found their balance. */
async function settled(options: FleetOptions, members: number): Promise<Fleet> {
  const fleet = new Fleet(options);
  for (let index = 0; index < members; index++) {
    fleet.join();
    await fleet.clock.advance(500);
  }
  await fleet.clock.advance(BALANCE_MS);
  return fleet;
}

const size = fc.integer({ min: 1, max: MOST_MEMBERS - 1 });

test('a member that joins moves no more than its fair share', async () => {
  await fc.assert(
    fc.asyncProperty(calm, size, async (options, members) => {
      const fleet = await settled(options, members);
      const before = fleet.moves;
      fleet.join();
      await fleet.clock.advance(BALANCE_MS);

      expect(fleet.moves - before).toBeLessThanOrEqual(Math.floor(options.shards / (members + 1)));
      expect(fleet.imbalance()).toBeLessThanOrEqual(1);
      await fleet.stopAll();
    }),
    runs(40),
  );
}, 120_000);

test('a member that leaves or crashes moves its shards, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(calm, size, fc.boolean(), async (options, others, crashes) => {
      const fleet = await settled(options, others + 1);
      const had = fleet.loads()['m0']!;
      const before = fleet.moves;
      if (crashes) fleet.crash('m0');
      else void fleet.leave('m0');
      const balancedMs = await fleet.untilEven(BALANCE_MS);
      await fleet.clock.advance(60_000);

      expect(fleet.moves - before).toBe(had);
      expect(fleet.imbalance()).toBeLessThanOrEqual(1);
      expect(balancedMs).toBeLessThanOrEqual(crashes ? BALANCE_MS : 1_000 + RETRY_MS);
      await fleet.stopAll();
    }),
    runs(40),
  );
}, 120_000);
