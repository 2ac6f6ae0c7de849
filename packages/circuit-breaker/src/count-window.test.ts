import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountWindow } from './count-window.ts';
import type { RanKind } from './tally.ts';

test('holds the last calls and no others', () => {
  const window = new CountWindow(3);
  for (const kind of ['failure', 'failure', 'slow', 'success'] as const) window.add(kind);
  expect(window).toMatchObject({ calls: 3, failures: 1, slow: 1 });
  expect(window.outcomes()).toEqual(['failure', 'slow', 'success']);
});

test('a window of one call holds the last call', () => {
  const window = new CountWindow(1);
  window.add('failure');
  window.add('success');
  expect(window).toMatchObject({ calls: 1, failures: 0 });
});

test('its counts are those of a brute-force recount of the last calls, for any size', () => {
  const kinds = fc.array(fc.constantFrom<RanKind>('success', 'slow', 'failure'), { maxLength: 120 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), kinds, (size, all) => {
      const window = new CountWindow(size);
      for (const [index, kind] of all.entries()) {
        window.add(kind);
        const last = all.slice(0, index + 1).slice(-size);
        const of = (wanted: RanKind): number => last.filter((one) => one === wanted).length;
        expect([window.calls, window.failures, window.slow]).toEqual([last.length, of('failure'), of('slow')]);
        if (index === all.length - 1) expect(window.outcomes()).toEqual(last);
      }
    }),
    { numRuns: 1_000 },
  );
});
