import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';
import { Tally } from './tally.ts';
import type { Counts, RanKind } from './tally.ts';
import { judgeTrial, judgeWindow } from './verdict.ts';

const counts = (calls: number, failures: number, slow = 0): Counts => ({ calls, failures, slow });

test('a ratio is over the calls that ran, and its threshold itself opens (T16)', () => {
  const { settings } = readSettings({ failureRatio: 0.5, minimumCalls: 4 });
  const broken = [counts(3, 3), counts(4, 1), counts(4, 2), counts(100, 49), counts(100, 50)].map(
    (window) => judgeWindow(settings, window, 0, settings.minimumCalls)?.broken,
  );
  expect(broken).toEqual([undefined, undefined, 'failureRatio', undefined, 'failureRatio']);
});

test('a threshold written in decimals is met by exactly that many calls', () => {
  for (let percent = 1; percent <= 100; percent++) {
    const { settings } = readSettings({ failureRatio: Number((percent / 100).toFixed(2)) });
    expect(judgeWindow(settings, counts(100, percent), 0, 20)?.broken).toBe('failureRatio');
    expect(judgeWindow(settings, counts(100, percent - 1), 0, 20)).toBeUndefined();
  }
});

test('slow calls are judged by a ratio of their own, and only if asked for', () => {
  const { settings } = readSettings({ slowCallMs: 100, slowRatio: 0.3, minimumCalls: 10 });
  expect(judgeWindow(settings, counts(10, 0, 2), 0, 10)).toBeUndefined();
  expect(judgeWindow(settings, counts(10, 2, 3), 0, 10)).toEqual({
    broken: 'slowRatio',
    calls: 10,
    failures: 2,
    slow: 3,
    failureRatio: 0.2,
    slowRatio: 0.3,
    consecutiveFailures: 0,
  });
  expect(judgeWindow(readSettings({}).settings, counts(100, 0, 100), 0, 20)).toBeUndefined();
});

test('failures in a row need no minimum of calls', () => {
  const { settings } = readSettings({ consecutiveFailures: 3, failureRatio: 0.9 });
  expect(judgeWindow(settings, counts(2, 2), 2, 20)).toBeUndefined();
  expect(judgeWindow(settings, counts(3, 3), 3, 20)?.broken).toBe('consecutiveFailures');
});

test('the trial is judged as soon as the missing calls cannot change the verdict, and never otherwise than by all of them', () => {
  const ratio = fc.constantFrom(0.01, 0.1, 0.2, 1 / 3, 0.5, 0.6, 0.9, 1);
  const kinds = fc.array(fc.constantFrom<RanKind>('success', 'slow', 'failure'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(ratio, ratio, kinds, (failureRatio, slowRatio, kinds) => {
      const permits = kinds.length;
      const { settings } = readSettings({ slowCallMs: 1, halfOpen: { permits, failureRatio, slowRatio } });
      const share = (wanted: RanKind): number => kinds.filter((kind) => kind === wanted).length / permits;
      const passes = share('failure') < failureRatio && share('slow') < slowRatio;
      const tally = new Tally();
      let verdict;
      for (const kind of kinds) {
        tally.add(kind);
        verdict = judgeTrial(settings, settings.permits, tally);
        if (verdict !== undefined) break;
      }
      expect(verdict).toBeDefined();
      expect(verdict?.broken === undefined).toBe(passes);
    }),
    { numRuns: 2_000 },
  );
});

test('two failures of three trials at half are enough to open again, without waiting for the third', () => {
  const { settings } = readSettings({ halfOpen: { permits: 3 } });
  expect(judgeTrial(settings, settings.permits, counts(1, 1))).toBeUndefined();
  expect(judgeTrial(settings, settings.permits, counts(2, 1))).toBeUndefined();
  expect(judgeTrial(settings, settings.permits, counts(2, 2))?.broken).toBe('failureRatio');
  expect(judgeTrial(settings, settings.permits, counts(2, 0))).toMatchObject({ broken: undefined, calls: 2 });
});
