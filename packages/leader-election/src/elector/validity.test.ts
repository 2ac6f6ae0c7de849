import fc from 'fast-check';
import { expect, test } from 'vitest';
import { remainingMsAt, validityAt } from './validity.ts';

const limits = { renewDeadlineMs: 10_000, clockJumpMs: 250 };
const confirmed = { monoMs: 0, wallMs: 0 };

test.each([
  ['at once', 0, 0, 'held', 10_000],
  ['one millisecond before the deadline', 9_999, 9_999, 'held', 1],
  ['at the deadline', 10_000, 10_000, 'lapsed', 0],
  ['long after it', 99_000, 99_000, 'lapsed', 0],
  ['when the wall clock was set back', 4_000, -3_600_000, 'held', 6_000],
  ['past the deadline though the wall clock was set back', 10_000, -3_600_000, 'lapsed', 0],
  ['when the wall clock runs ahead by as much as is allowed', 4_000, 4_250, 'held', 5_750],
  ['when it runs ahead by more', 4_000, 4_251, 'uncertain', 0],
  ['when the machine has slept past the deadline', 10, 60_000, 'uncertain', 0],
  ['past the deadline by the monotonic clock, whatever the other says', 10_000, 60_000, 'lapsed', 0],
  ['when the wall clock alone has just passed the deadline', 9_900, 10_000, 'lapsed', 0],
] as const)('a term %s', (_, monoMs, wallMs, validity, remainingMs) => {
  expect(validityAt(confirmed, { monoMs, wallMs }, limits)).toBe(validity);
  expect(remainingMsAt(confirmed, { monoMs, wallMs }, limits)).toBe(remainingMs);
});

test('a term is never held past its deadline by either clock, and lapsed for good by the monotonic one', () => {
  const clock = fc.integer({ min: -100_000, max: 100_000 });
  fc.assert(
    fc.property(clock, clock, fc.nat(50_000), (monoMs, wallMs, laterMs) => {
      const validity = validityAt(confirmed, { monoMs, wallMs }, limits);
      if (validity === 'held') expect(Math.max(monoMs, wallMs)).toBeLessThan(limits.renewDeadlineMs);
      if (monoMs < limits.renewDeadlineMs) return;
      expect(validityAt(confirmed, { monoMs: monoMs + laterMs, wallMs }, limits)).toBe('lapsed');
    }),
  );
});
