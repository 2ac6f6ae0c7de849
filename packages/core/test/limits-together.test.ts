import { expect, test } from 'vitest';
import { Again, pipeline } from '../src/index.ts';
import type { Guard } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

const hang = (): Promise<never> => new Promise(() => {});
const limit = (ms: number, reason: unknown, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => reason, cooperative),
});
const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };

test('limits set by an attempt that follows another at once count from then, beside one that goes on from before', async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const p = pipeline({ name: 'p', clock }, limit(100, 'whole', true), retryOnce, limit(80, 'outer'), limit(60, 'inner'));
  const run = p.run(async (call) => {
    await clock.sleep(50);
    if (call.attempt === 1) throw new Error('down');
    seen.push(call.deadline);
  });
  run.catch(() => {});
  await clock.advance(100);
  expect(seen).toEqual([100]);
});

test('limits set by an attempt that follows another at once end it when they should, though one further out that waits has ended before', async () => {
  const clock = new VirtualClock();
  const p = pipeline({ name: 'p', clock }, limit(100, 'whole', true), retryOnce, limit(80, 'outer'), limit(60, 'inner', true));
  const ended = p
    .run(async (call) => {
      if (call.attempt === 1) {
        await clock.sleep(50);
        throw new Error('down');
      }
      return hang();
    })
    .catch((reason: unknown) => [reason, clock.now()]);
  await clock.advance(200);
  await expect(ended).resolves.toEqual(['outer', 130]);
});

test('who asks for the deadline of an attempt that has ended learns what it was', async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const p = pipeline({ name: 'p', clock }, limit(100, 'outer'), limit(500, 'inner'));
  const run = p.run(async (call) => {
    void clock.sleep(70).then(() => seen.push(call.deadline));
    await clock.sleep(50);
  });
  await clock.advance(70);
  await run;
  expect(seen).toEqual([100]);
});

/** Sets its limit after 5 ms, and admits `laterMs` after that. */
const late = (clock: VirtualClock, laterMs: number): Guard => ({
  async enter(call) {
    await clock.sleep(5);
    call.limit(10, () => 'over');
    await clock.sleep(laterMs);
  },
});

test('a limit that a guard sets after it has waited counts from when it was set', async () => {
  const clock = new VirtualClock();
  const ended = pipeline({ name: 'p', clock }, late(clock, 7))
    .run(hang)
    .catch((reason: unknown) => [reason, clock.now()]);
  await clock.advance(100);
  await expect(ended).resolves.toEqual(['over', 15]);
});

test('a limit that a guard sets after it has waited ends the call also before that guard has admitted', async () => {
  const clock = new VirtualClock();
  let ran = false;
  const ended = pipeline({ name: 'p', clock }, limit(1000, 'whole'), late(clock, 20))
    .run(() => {
      ran = true;
      return hang();
    })
    .catch((reason: unknown) => [reason, clock.now()]);
  await clock.advance(100);
  await expect(ended).resolves.toEqual(['over', 15]);
  expect(ran).toBe(false);
});

test('of limits that come due in one stall each is asked by its own time whether the stall held it up', async () => {
  const clock = new VirtualClock();
  const kinds: unknown[] = [];
  const look: Guard = { exit: (_c, { kind, error }) => void kinds.push([kind, error]) };
  const wait: Guard = { enter: () => clock.sleep(995) };
  const p = pipeline({ name: 'p', clock }, look, limit(1000, 'long', true), wait, limit(10, 'short'));
  const run = p.run(hang).catch(() => {});
  await clock.advance(996);
  clock.stall(34);
  await clock.advance(0);
  await run;
  expect(kinds).toEqual([['stalled', 'short']]);
});
