import { expect, test } from 'vitest';
import { openTimeMs } from './open-time.ts';
import { readSettings } from './settings.ts';

const { settings } = readSettings({ openMs: 1_000, backoff: { factor: 2, capMs: 10_000, jitterRatio: 0.5 } });
const openings = [1, 2, 3, 4, 5, 6, 1_000_000];

test('begins with openMs and grows by the factor up to the cap, however often it opens', () => {
  const times = openings.map((opening) => openTimeMs(settings, opening, 0));
  expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

test('draws a share of what has grown, at the cap too, and never goes below openMs', () => {
  const times = openings.map((opening) => openTimeMs(settings, opening, 1));
  expect(times).toEqual([1_000, 1_500, 2_500, 4_500, 5_500, 5_500, 5_500]);
});

test('the first time is exactly openMs, whatever is drawn', () => {
  expect([0, 0.5, 1].map((draw) => openTimeMs(settings, 1, draw))).toEqual([1_000, 1_000, 1_000]);
});

test('a factor of 1 keeps it constant', () => {
  const { settings: constant } = readSettings({ openMs: 700, backoff: { factor: 1 } });
  expect([1, 2, 50].map((opening) => openTimeMs(constant, opening, 0.3))).toEqual([700, 700, 700]);
});

test('no open time does not grow, even where the growth overflows (T42)', () => {
  const { settings: zero } = readSettings({ openMs: 0 });
  expect([1, 2, 5_000].map((opening) => openTimeMs(zero, opening, 0))).toEqual([0, 0, 0]);
});
