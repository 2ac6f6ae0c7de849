import { expect, test } from 'vitest';
import { SETTINGS } from '../../test/driver.ts';
import { handOverSpreadMs, pollGapMs, renewalGapMs, silenceMs, takeoverSpreadMs } from './settings.ts';

const settings = { ...SETTINGS, identity: 'a', electorId: 'a1' };

test.each([
  ['a renewal follows after', renewalGapMs, 2_000, 2_200],
  ['a follower without a watch looks again after', pollGapMs, 2_000, 4_400],
  ['challengers of an expired lease wait another', takeoverSpreadMs, 0, 400],
  ['challengers of a released lease wait another', handOverSpreadMs, 0, 40],
])('%s a random time', (_, gapMs, leastMs, mostMs) => {
  expect(gapMs({ ...settings, random: () => 0 })).toBe(leastMs);
  expect(gapMs({ ...settings, random: () => 1 })).toBeCloseTo(mostMs);
  expect(gapMs({ ...settings, random: () => 0.5 })).toBeCloseTo((leastMs + mostMs) / 2);
});

test('a silent watch is doubted after five retry periods, or a lease if that is shorter', () => {
  expect(silenceMs(settings)).toBe(10_000);
  expect(silenceMs({ ...settings, leaseDurationMs: 6_000 })).toBe(6_000);
});
