import { expect, test } from 'vitest';
import { tableOf } from './table.ts';

test('aligns labels to the left and figures to the right', () => {
  const text = tableOf([
    { label: 'short', bare: '1', holdfast: '22' },
    { label: 'somewhat longer', bare: '333', holdfast: 'a figure that is wide' },
  ]);

  expect(text).toBe(
    [
      '                    without holdfast           with holdfast',
      '  ──────────────────────────────────────────────────────────',
      '  short                            1                      22',
      '  somewhat longer                333   a figure that is wide',
    ].join('\n'),
  );
});
