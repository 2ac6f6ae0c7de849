import { describe, expect, test, vi } from 'vitest';
import { LadderState } from './ladder-state.ts';
import type { ClimbSettings, Demand } from './ladder-state.ts';

const settings: ClimbSettings = {
  afterMs: 1_000,
  factor: 2,
  capMs: 3_000,
  jitterRatio: 0,
  resetAfterMs: 10_000,
  rampMs: 1_000,
  startRatio: 0.1,
};
const calm: Demand = { needed: 0, held: 0, mayGrow: true };
const bad = (needed: number): Demand => ({ needed, held: needed, mayGrow: true });

const ladderOf = (changes: Partial<ClimbSettings> = {}, random = () => 0.5): LadderState =>
  new LadderState({ ...settings, ...changes }, random, 0);

/** Steps every 100 ms; what moved, and when. */
function steps(state: LadderState, demand: Demand, fromMs: number, toMs: number): string[] {
  const moves: string[] = [];
  for (let at = fromMs; at <= toMs; at += 100) {
    const move = state.step(demand, at);
    if (move !== undefined) moves.push(`${at} ${move.kind} ${move.from}→${move.to}`);
  }
  return moves;
}

test('goes down at once, as far as is needed', () => {
  const state = ladderOf();
  expect(state.step(bad(3), 100)).toEqual({ kind: 'fell', from: 0, to: 3 });
  expect(state.level).toBe(3);
  expect(state.step(bad(1), 200)).toBeUndefined();
});

test('climbs one level at a time: calm for the wait, then a ramp, then the wait anew', () => {
  const state = ladderOf();
  state.step(bad(2), 0);
  expect(steps(state, calm, 100, 6_000)).toEqual(['1100 probed 2→1', '2100 climbed 2→1', '3200 probed 1→0', '4200 climbed 1→0']);
});

test('waits anew after each moment that was not calm, also one in which nothing was needed yet', () => {
  const state = ladderOf();
  state.step(bad(1), 0);
  expect(steps(state, calm, 100, 1_000)).toEqual([]);
  state.step({ needed: 0, held: 1, mayGrow: true }, 1_050);
  expect(steps(state, calm, 1_100, 2_100)).toEqual(['2100 probed 1→0']);
});

test('is not kept from a level by what only demands a better one to be left', () => {
  const state = ladderOf();
  state.step(bad(3), 0);
  expect(steps(state, bad(1), 100, 9_000)).toEqual([
    '1100 probed 3→2',
    '2100 climbed 3→2',
    '3200 probed 2→1',
    '4200 climbed 2→1',
  ]);
});

describe('the ramp', () => {
  test('begins with its share, and grows to all', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    const shares = [state.share];
    for (let at = 1_200; at <= 2_100; at += 100) {
      state.step(calm, at);
      shares.push(state.share);
    }
    expect(shares.map((share) => Math.round(share * 100))).toEqual([10, 19, 28, 37, 46, 55, 64, 73, 82, 91, 0]);
    expect(state.level).toBe(0);
  });

  test('serves its share at the level above', () => {
    const draws = [0.5, 0.09, 0.1, 0.5];
    const state = ladderOf({}, () => draws.shift()!);
    state.step(bad(2), 0);
    steps(state, calm, 100, 1_100);
    expect([state.draw(), state.draw(), state.draw()]).toEqual([1, 2, 2]);
  });

  test('stands still, and goes on, as it is told', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_600);
    const { share } = state;
    steps(state, { ...calm, mayGrow: false }, 1_700, 9_000);
    steps(state, { ...calm, held: 1 }, 9_100, 20_000);
    expect([state.level, state.share]).toEqual([1, share]);
    expect(steps(state, calm, 20_100, 20_600)).toEqual(['20500 climbed 1→0']);
  });

  test('counts a pause between two steps for a tenth at most', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    state.step(calm, 1e9);
    expect(state.share).toBeCloseTo(0.19);
  });

  test('may be none', () => {
    const state = ladderOf({ rampMs: 0 });
    state.step(bad(1), 0);
    expect(steps(state, calm, 100, 2_000)).toEqual(['1100 climbed 1→0']);
  });

  test('may become none while it lasts', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    state.settings = { ...settings, rampMs: 0 };
    expect(state.step(calm, 1_200)?.kind).toBe('climbed');
  });
});

describe('a relapse', () => {
  /** Falls to 1, climbs, and is told that level 1 is needed again as soon as it has begun to. */
  function relapse(state: LadderState, atMs: number): number {
    let now = atMs;
    while (!state.climbing) state.step(calm, (now += 100));
    expect(state.step(bad(1), (now += 100))).toEqual({ kind: 'relapsed', from: 1, to: 0 });
    return now;
  }

  test('ends the ramp at once, and makes each wait longer, up to the cap', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    let now = 0;
    const waits = [state.waitMs];
    for (let i = 0; i < 4; i++) {
      now = relapse(state, now);
      expect([state.level, state.share]).toEqual([1, 0]);
      waits.push(state.waitMs);
    }
    expect(waits).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
  });

  test('may also come after the ramp; long after it, it is news', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 2_100);
    expect(state.step(bad(1), 12_000)?.kind).toBe('fell');
    expect(state.relapses).toBe(1);
    steps(state, calm, 12_100, 15_200);
    expect(state.level).toBe(0);
    state.step(bad(1), 25_200);
    expect(state.relapses).toBe(0);
  });

  test('is not what falls further before it has climbed, and ends no row of them', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    const now = relapse(state, 0);
    state.step(bad(2), now + 60_000);
    expect(state.relapses).toBe(1);
  });

  test('is a fall, too, when a lower level is needed', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    expect(state.step(bad(2), 1_200)).toEqual({ kind: 'fell', from: 1, to: 2 });
    expect([state.relapses, state.climbing]).toEqual([1, false]);
  });

  test('never makes the wait endless', () => {
    const state = ladderOf();
    state.relapses = 5_000;
    expect(state.waitMs).toBe(3_000);
  });
});

test('each wait is longer by a share drawn anew', () => {
  const draws = [0.5, 1];
  const state = ladderOf({ jitterRatio: 0.5 }, () => draws.shift()!);
  state.step(bad(1), 0);
  expect(state.waitMs).toBe(1_250);
  state.step(bad(2), 0);
  expect(state.waitMs).toBe(1_500);
});

test('tells how long it still waits', () => {
  const state = ladderOf();
  expect(state.waitsForMs(0)).toBe(0);
  state.step(bad(1), 0);
  expect(state.waitsForMs(500)).toBe(1_000);
  state.step(calm, 600);
  expect(state.waitsForMs(900)).toBe(700);
  state.step(calm, 1_600);
  expect(state.waitsForMs(1_700)).toBe(0);
});

test('each move begins a generation, and so does the ramp', () => {
  const state = ladderOf();
  const generations = [state.generation];
  state.step(bad(1), 0);
  generations.push(state.generation);
  steps(state, calm, 100, 1_100);
  generations.push(state.generation);
  steps(state, calm, 1_200, 2_100);
  generations.push(state.generation);
  expect(generations).toEqual([0, 1, 2, 3]);
});

describe('pinned', () => {
  test('holds its level whatever is demanded', () => {
    const state = ladderOf();
    expect(state.pin(2)).toEqual({ kind: 'pinned', from: 0, to: 2 });
    expect(steps(state, bad(3), 0, 2_000)).toEqual([]);
    expect(steps(state, calm, 2_100, 9_000)).toEqual([]);
    expect(state.waitsForMs(9_000)).toBe(0);
    expect(state.draw()).toBe(2);
  });

  test('goes on from there when it is let go: down at once, or up as after a fall', () => {
    const state = ladderOf();
    state.pin(1);
    state.unpin();
    expect(steps(state, calm, 0, 1_000)).toEqual(['1000 probed 1→0']);
    expect(state.step(bad(2), 1_100)?.kind).toBe('fell');
  });

  test('ends a ramp, and forgets the relapses', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    state.relapses = 3;
    state.pin(1);
    expect([state.climbing, state.relapses, state.waitMs]).toEqual([false, 0, 1_000]);
  });
});

describe('at the edges', () => {
  test('before it has ever gone down the wait is without jitter, and chance is not asked', () => {
    const random = vi.fn<() => number>(() => 1);
    const state = ladderOf({ jitterRatio: 0.5 }, random);
    expect([state.waitMs, state.draw()]).toEqual([1_000, 0]);
    expect(random).not.toHaveBeenCalled();
  });

  test('a ramp grows by the time that has passed where that is less than a tenth of it', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    state.step(calm, 1_150);
    expect(state.share).toBeCloseTo(0.145);
  });

  test('a wait that is over has nothing left, and while it climbs none is due', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    state.step(calm, 600);
    expect([state.waitsForMs(1_599.5), state.waitsForMs(1_600), state.waitsForMs(9_000)]).toEqual([0.5, 0, 0]);
    state.step(calm, 1_600);
    state.settings = { ...settings, afterMs: 1e6, capMs: 1e6 };
    expect([state.climbing, state.waitsForMs(1_700)]).toEqual([true, 0]);
  });

  test('what goes down after just so long as makes it news is no relapse', () => {
    for (const [at, relapses] of [
      [12_099, 1],
      [12_100, 0],
    ] as const) {
      const state = ladderOf();
      state.step(bad(1), 0);
      expect(steps(state, calm, 100, 2_100).at(-1)).toBe('2100 climbed 1→0');
      state.step(bad(1), at);
      expect(state.relapses).toBe(relapses);
    }
  });

  test('what goes down after it was pinned is no relapse of what was tried before', () => {
    const state = ladderOf();
    state.step(bad(1), 0);
    steps(state, calm, 100, 1_100);
    state.pin(1);
    state.unpin();
    state.step(bad(2), 1_200);
    expect(state.relapses).toBe(0);
  });
});
