import { expect, test } from 'vitest';
import { duration, percent } from './format.ts';
import type { Figures } from './measure.ts';
import { rowsOf, verdictOf } from './rows.ts';

const schedule = { healthyMs: 4_000, outageMs: 8_000, recoveryMs: 8_000 };
const holdfast: Figures = {
  ordersSent: 2_400,
  offeredPerSecond: 120,
  inTimePerSecond: 119.9,
  inTimeRatio: 0.9996,
  p50Ms: 8.4,
  p99Ms: 420,
  peakInFlight: 60,
  peakRssBytes: 100 * 2 ** 20,
  callsWhileDown: 90,
  recoveredAfterMs: 1_500,
  pendingAtEnd: 0,
};
const bare: Figures = { ...holdfast, inTimeRatio: 0.113, p99Ms: 12_001, callsWhileDown: 2_210, recoveredAfterMs: null };

test('puts both runs side by side, in units people read', () => {
  const rows = rowsOf({ bare, holdfast }, schedule);

  expect(rows).toContainEqual({ label: 'orders answered in time, of those sent', bare: '11.3 %', holdfast: '99.9 %' });
  expect(rows).toContainEqual({ label: 'time to the answer, p99', bare: '12.0 s', holdfast: '420 ms' });
  expect(rows).toContainEqual({ label: 'calls that reached Payments while down', bare: '2,210', holdfast: '90' });
  expect(rows).toContainEqual({ label: 'from the repair to healthy again', bare: 'not within 8 s', holdfast: '1.5 s' });
});

test('says in one sentence whether it held, and if not why not', () => {
  expect(verdictOf({ bare, holdfast })).toMatch(/^Held: 99\.9 % .*, 11\.3 % without/);
  expect(verdictOf({ bare, holdfast: { ...holdfast, inTimeRatio: 0.5 } })).toMatch(/^Did not hold: 50\.0 %.*99 % is the mark/);
  expect(verdictOf({ bare, holdfast: { ...holdfast, recoveredAfterMs: null } })).toMatch(/^Did not hold: not healthy again/);
});

test('calls nearly all not all, and changes from milliseconds to seconds without a jump', () => {
  expect(percent(0.99999)).toBe('99.9 %');
  expect(percent(1)).toBe('100 %');
  expect(percent(0)).toBe('0 %');
  expect(duration(999.4)).toBe('999 ms');
  expect(duration(999.5)).toBe('1.0 s');
  expect(duration(Number.NaN)).toBe('–');
});
