import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BarChart } from '../answer.ts';
import { barDrawing } from './bars.ts';
import type { Bar, Drawing } from './drawing.ts';
import {
  answerOf,
  anyFigure,
  names,
  outside,
  overlaps,
  plain,
  positive,
  RATIO,
  struckThrough,
  textOf,
  units,
} from './testing.ts';

const chart: BarChart = { kind: 'bars', title: 'Cost of a call', value: 'value' };
const rows = [
  { subject: 'bare', ours: false, value: 1 },
  { subject: 'holdfast', ours: true, value: 4 },
  { subject: 'opossum', ours: false, value: 8 },
];

/** Without the two of the legend. */
const barsOf = ({ shapes }: Drawing): Bar[] => shapes.filter((shape) => shape.kind === 'bar').filter(({ height }) => height > 10);

test('no text covers another, is struck through or leaves the chart, whatever the names and figures', () => {
  const row = fc.record({
    subject: names,
    ours: fc.boolean(),
    value: fc.oneof({ weight: 9, arbitrary: anyFigure }, fc.constant(null)),
  });
  const given = fc.record({
    rows: fc.array(row, { maxLength: 60 }),
    unit: units,
    title: names,
    limit: fc.option(positive, { nil: undefined }),
    logarithmic: fc.boolean(),
  });
  fc.assert(
    fc.property(given, ({ rows, unit, title, limit, logarithmic }) => {
      const limited = limit === undefined ? {} : { limit };
      const drawing = barDrawing({ ...chart, title, logarithmic, ...limited }, { key: 'value', title, unit }, answerOf(rows));
      expect(overlaps(drawing)).toEqual([]);
      expect(outside(drawing)).toEqual([]);
      expect(struckThrough(drawing)).toEqual([]);
    }),
  );
});

test('linear bars are as long as their figures, and begin at the same place', () => {
  const [bare, ours, opossum] = barsOf(barDrawing(chart, RATIO, answerOf(rows)));

  expect(new Set([bare!.x, ours!.x, opossum!.x]).size).toBe(1);
  expect(ours!.width / bare!.width).toBeCloseTo(4);
  expect(opossum!.width / bare!.width).toBeCloseTo(8);
});

test('logarithmic bars of ratios begin at the bare operation: as much dearer, as much longer', () => {
  const [bare, ours, opossum] = barsOf(barDrawing({ ...chart, logarithmic: true }, RATIO, answerOf(rows)));

  expect(bare!.width).toBe(1); // a hair, so that it is seen
  expect(opossum!.width / ours!.width).toBeCloseTo(3 / 2); // 2³ against 2²
});

test('a ratio below 1 goes to the other side on a logarithmic scale', () => {
  const both = [...rows, { subject: 'faster', ours: true, value: 0.5 }];
  const [, ours, , faster] = barsOf(barDrawing({ ...chart, logarithmic: true }, RATIO, answerOf(both)));

  expect(faster!.x + faster!.width).toBeCloseTo(ours!.x);
});

test('a figure that has no logarithm makes the scale linear, and the chart does not claim otherwise', () => {
  const both = [...rows, { subject: 'nothing', ours: true, value: 0 }];
  const drawing = barDrawing({ ...chart, logarithmic: true }, RATIO, answerOf(both));
  const [bare, ours] = barsOf(drawing);

  expect(ours!.width / bare!.width).toBeCloseTo(4);
  expect(textOf(drawing, '× bare')).toBeDefined();
});

test('a negative figure goes to the left of 0, and is written beside the others', () => {
  const both = [...rows, { subject: 'less', ours: true, value: -1 }];
  const drawing = barDrawing(chart, RATIO, answerOf(both));
  const [, ours, , less] = barsOf(drawing);

  expect(less!.x + less!.width).toBeCloseTo(ours!.x);
  expect(textOf(drawing, '−1.00 ×')!.x).toBeGreaterThan(ours!.x);
});

test('what was not measured has no bar', () => {
  const drawing = barDrawing(chart, RATIO, answerOf([...rows, { subject: 'unmeasured', ours: false, value: null }]));

  expect(barsOf(drawing)).toHaveLength(3);
  expect(drawing.description).not.toContain('unmeasured');
});

test('the limit is a line over the bars with its label, at its place on the scale', () => {
  const drawing = barDrawing({ ...chart, limit: 4 }, RATIO, answerOf(rows));
  const line = drawing.shapes.find((shape) => shape.kind === 'line' && shape.colour === 'limit');
  const [, ours] = barsOf(drawing);

  expect(textOf(drawing, 'budget 4 ×')!.as).toBe('limit');
  expect(line).toMatchObject({ points: [[ours!.x + ours!.width, expect.any(Number)], expect.anything()] });
});

test('ours have a colour of their own, and the key to it is there only with both kinds', () => {
  const mixed = barDrawing(chart, RATIO, answerOf(rows));
  const alone = barDrawing(chart, RATIO, answerOf(rows.filter(({ ours }) => ours)));

  expect(barsOf(mixed).map(({ colour }) => colour)).toEqual(['peer', 'ours', 'peer']);
  expect(textOf(mixed, 'others')).toBeDefined();
  expect(textOf(alone, 'others')).toBeUndefined();
});

test('the description says every bar in words', () => {
  const { description } = barDrawing({ ...chart, limit: 4 }, RATIO, answerOf(rows));

  expect(plain(description)).toBe('× bare. bare: 1.00 ×; holdfast: 4.00 ×; opossum: 8.00 ×; budget: 4 ×.');
});
