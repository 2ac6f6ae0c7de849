import { expect, test } from 'vitest';
import { judgeSettled, judgeTrial, mayGrow } from './level-verdict.ts';
import { LevelWindow } from './level-window.ts';

const settings = { failureRatio: 0.5, slowRatio: 0.8, minimumCalls: 10, trialCalls: 4 };

function windowOf(counts: { success?: number; slow?: number; failure?: number; rejected?: number }): LevelWindow {
  const window = new LevelWindow(1_000, 0);
  for (const [kind, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) {
      window.tried++;
      window.add(kind as keyof typeof counts, 0);
    }
  }
  return window;
}

test.each([
  [{ failure: 9 }, undefined],
  [{ failure: 10 }, { reason: 'failureRatio', severity: 1 }],
  [{ success: 6, failure: 5 }, undefined],
  [
    { success: 5, failure: 2, rejected: 3 },
    { reason: 'failureRatio', severity: 0.5 },
  ],
  [{ success: 3, slow: 7 }, undefined],
  [
    { success: 2, slow: 8 },
    { reason: 'slowRatio', severity: 0.8 },
  ],
  [{}, undefined],
])('a level at which %o is judged as %o', (counts, cause) => {
  expect(judgeSettled(settings, windowOf(counts))).toEqual(cause);
});

test.each([
  [{ failure: 3 }, undefined],
  [
    { failure: 2, success: 2 },
    { reason: 'failureRatio', severity: 0.5 },
  ],
  [
    { failure: 2, success: 2, rejected: 100 },
    { reason: 'failureRatio', severity: 0.5 },
  ],
  [{ failure: 1, success: 3, rejected: 100 }, undefined],
  [{ slow: 4 }, { reason: 'slowRatio', severity: 1 }],
])('a level that is tried, refusals apart: %o is %o', (counts, cause) => {
  expect(judgeTrial(settings, windowOf(counts))).toEqual(cause);
});

test.each([
  ['nobody has called', {}, true],
  ['a call was served', { success: 1 }, true],
  ['none was served yet', { failure: 1 }, false],
  ['fewer than half are refused', { success: 3, rejected: 2 }, true],
  ['half are refused', { success: 2, rejected: 2 }, false],
])('whether more may try it when %s: %o', (_when, counts, grows) => {
  expect(mayGrow(settings, windowOf(counts))).toBe(grows);
});

test('a call that still hangs lets no more try it; once it ends in nothing, they may', () => {
  const window = windowOf({});
  window.tried = 1;
  expect(mayGrow(settings, window)).toBe(false);
  window.add('cancelled', 0);
  expect(mayGrow(settings, window)).toBe(true);
});

test('refusals are a share of all calls that ended, those that failed among them', () => {
  expect(mayGrow(settings, windowOf({ success: 2, failure: 2, rejected: 3 }))).toBe(true);
  expect(mayGrow(settings, windowOf({ success: 2, failure: 1, rejected: 3 }))).toBe(false);
});

test('more may try it when one was served and nothing has come since', () => {
  const window = windowOf({ success: 1 });
  window.expire(5_000);
  expect(mayGrow(settings, window)).toBe(true);
});
