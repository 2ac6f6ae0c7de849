import { expect, test } from 'vitest';
import { elapsedMs, jumpMs } from './instant.ts';

const start = { monoMs: 100, wallMs: 5_000 };

test.each([
  ['both clocks run', { monoMs: 130, wallMs: 5_030 }, 30, 0],
  ['the machine was suspended', { monoMs: 110, wallMs: 5_400 }, 400, 390],
  ['the wall clock was set back', { monoMs: 130, wallMs: 1_000 }, 30, -4_030],
  ['the wall clock was set forward', { monoMs: 130, wallMs: 9_000 }, 4_000, 3_970],
  ['no time has passed', start, 0, 0],
])('time passes by the clock that says more: %s', (_, at, elapsed, jump) => {
  expect(elapsedMs(start, at)).toBe(elapsed);
  expect(jumpMs(start, at)).toBe(jump);
});
