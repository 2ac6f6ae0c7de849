import fc from 'fast-check';
import { expect, test } from 'vitest';
import { microTime, millisecondsOf } from './micro-time.ts';

test('writes exactly six digits of fraction, in UTC', () => {
  expect(microTime(Date.UTC(2026, 4, 1, 10))).toBe('2026-05-01T10:00:00.000000Z');
  expect(microTime(Date.UTC(2026, 4, 1, 10, 0, 0, 123))).toBe('2026-05-01T10:00:00.123000Z');
  expect(microTime(Date.UTC(2026, 4, 1, 10) + 0.25)).toBe('2026-05-01T10:00:00.000250Z');
});

test('reads what it has written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (atMs) => {
      expect(microTime(atMs)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(millisecondsOf(microTime(atMs))).toBe(atMs);
    }),
  );
});

test('reads times as others write them', () => {
  const atMs = Date.UTC(2026, 4, 1, 10, 0, 0, 123);
  expect(millisecondsOf('2026-05-01T10:00:00.123456Z')).toBe(atMs);
  expect(millisecondsOf('2026-05-01T12:00:00.123+02:00')).toBe(atMs);
  expect(millisecondsOf('2026-05-01T10:00:00Z')).toBe(atMs - 123);
});

test.each([undefined, null, '', 'yesterday'])('takes %s for no time at all', (time) => {
  expect(millisecondsOf(time)).toBe(0);
});
