import { describe, expect, test } from 'vitest';
import { FREE, HELD, SETTINGS } from '../../test/driver.ts';
import type { Lease, LeaseRecord } from '../lease.ts';
import { isOwn, observe, takeAtMs } from './observation.ts';

const settings = { ...SETTINGS, identity: 'a', electorId: 'a1' };
const lease = (record: LeaseRecord, others: Partial<Lease> = {}): Lease => ({ ...record, revision: 5n, ...others });

test('a lease is our own if any term of this elector wrote it, and not if one of the same identity did', () => {
  expect(isOwn(lease({ ...HELD, termId: 'a1.7' }), settings)).toBe(true);
  expect(isOwn(lease({ ...HELD, holder: 'a', termId: 'a0.7' }), settings)).toBe(false);
  expect(isOwn(lease({ ...HELD, termId: 'a11.7' }), settings)).toBe(false);
  expect(isOwn(lease(FREE), settings)).toBe(false);
});

describe('a lease that is seen for the first time', () => {
  test.each([
    ['there is none: it may be made at once', undefined, 1_000, true],
    ['it is free: it may be taken at once', lease(FREE), 1_000, true],
    ['it is held: the holder has its own duration from now', lease({ ...HELD, durationMs: 3_000 }), 4_000, true],
    ['the store says how much of it is left', lease(HELD, { remainingMs: 200 }), 1_200, true],
    ['the store says that it is over', lease(HELD, { remainingMs: 0 }), 1_000, true],
    ['it is our own: no work of ours runs on it', lease({ ...HELD, termId: 'a1.1' }), 1_000, false],
    ['it is of our name, written by an earlier process', lease({ ...HELD, holder: 'a', termId: 'a0.1' }), 16_000, true],
    ['it is reserved for another', lease({ ...FREE, handOffTo: 'b' }), 3_000, true],
    ['it is reserved for us', lease({ ...FREE, handOffTo: 'a' }), 1_000, false],
    ['somebody else assigns it', lease(FREE, { reservedBecause: 'assigned' }), Number.POSITIVE_INFINITY, false],
    ['somebody else assigns our own', lease({ ...HELD, termId: 'a1.1' }, { reservedBecause: 'assigned' }), Infinity, false],
  ] as const)('%s', (_, seen, freeAtMs, ranked) => {
    const revision = seen === undefined ? 0n : 5n;
    expect(observe(undefined, seen, 1_000, settings)).toEqual({ lease: seen, revision, freeAtMs, ranked });
  });
});

describe('a lease that was seen before', () => {
  const before = observe(undefined, lease(HELD), 1_000, settings);

  test('and has not changed goes on from when it was first seen so', () => {
    expect(observe(before, lease(HELD), 9_000, settings)).toEqual(before);
  });

  test('and has not changed is held for as long as the store says by its own clock, if that is longer', () => {
    const said = (remainingMs: number) => lease(HELD, { remainingMs });
    expect(observe(before, said(9_000), 9_000, settings).freeAtMs).toBe(18_000);
    expect(observe(before, said(500), 9_000, settings).freeAtMs).toBe(16_000);
    expect(observe(before, said(0), 9_000, settings).freeAtMs).toBe(16_000);
  });

  test('and is free stays free, whatever the store says of time', () => {
    const free = lease(FREE, { remainingMs: 5_000 });
    expect(observe(observe(undefined, free, 1_000, settings), free, 9_000, settings).freeAtMs).toBe(1_000);
  });

  test('and was renewed begins anew', () => {
    expect(observe(before, lease({ ...HELD, renewal: 1 }, { revision: 6n }), 9_000, settings).freeAtMs).toBe(24_000);
  });

  test('and was deleted is free, and its revision is remembered', () => {
    expect(observe(before, undefined, 9_000, settings)).toEqual({
      lease: undefined,
      revision: 5n,
      freeAtMs: 9_000,
      ranked: true,
    });
  });

  test('and was released is free after a short random wait, for others have seen it too', () => {
    const chance = { ...settings, random: () => 0.5 };
    expect(observe(before, lease(FREE, { revision: 6n }), 9_000, chance).freeAtMs).toBe(9_020);
    expect(observe(undefined, lease(FREE), 9_000, chance).freeAtMs).toBe(9_000);
  });
});

test('candidates spread over an expired lease', () => {
  expect(observe(undefined, lease(HELD), 0, { ...settings, random: () => 0.5 }).freeAtMs).toBe(15_200);
});

test('a candidate of lower rank waits longer for what anybody may take, and not for what is its own', () => {
  const third = { ...settings, rank: 2 };
  expect(takeAtMs({ lease: undefined, revision: 0n, freeAtMs: 100, ranked: true }, third)).toBe(2_100);
  expect(takeAtMs({ lease: undefined, revision: 0n, freeAtMs: 100, ranked: false }, third)).toBe(100);
});
