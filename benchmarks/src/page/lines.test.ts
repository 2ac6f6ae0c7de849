import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LineChart } from '../answer.ts';
import type { Drawing, Line, Mark } from './drawing.ts';
import { lineDrawing } from './lines.ts';
import { answerOf, anyFigure, LOAD, names, outside, overlaps, plain, RATIO, struckThrough, textOf, units } from './testing.ts';

const chart: LineChart = { kind: 'lines', title: 'Cost under load', x: 'load', y: 'value', series: 'library' };
const columns = { x: LOAD, y: RATIO };

const series = (library: string, ours: boolean, points: readonly (readonly [number, number | null])[]) =>
  points.map(([load, value]) => ({ subject: library, ours, library, load, value }));

const linesOf = ({ shapes }: Drawing): Line[] =>
  shapes.filter((shape) => shape.kind === 'line').filter(({ colour }) => /^(line|grey)\d$/.test(colour));
const marksOf = ({ shapes }: Drawing): Mark[] => shapes.filter((shape) => shape.kind === 'mark');

test('no text covers another or leaves the chart, whatever the names and figures', () => {
  const line = fc.record({
    library: names,
    ours: fc.boolean(),
    points: fc.array(fc.tuple(anyFigure, anyFigure), { maxLength: 8 }),
  });
  const given = fc.record({
    lines: fc.array(line, { maxLength: 15 }),
    units: fc.tuple(units, units),
    title: names,
    logarithmicX: fc.boolean(),
    logarithmicY: fc.boolean(),
  });
  fc.assert(
    fc.property(given, ({ lines, units: [x, y], title, logarithmicX, logarithmicY }) => {
      const rows = lines.flatMap(({ library, ours, points }) => series(library, ours, points));
      const titled = { x: { ...LOAD, title, unit: x }, y: { ...RATIO, title, unit: y } };
      const drawing = lineDrawing({ ...chart, title, logarithmicX, logarithmicY }, titled, answerOf(rows));
      expect(overlaps(drawing)).toEqual([]);
      expect(outside(drawing)).toEqual([]);
      expect(struckThrough(drawing)).toEqual([]);
    }),
  );
});

test('a chart of some of the series has these alone', () => {
  const rows = ['one', 'two', 'three'].flatMap((library, index) => series(library, true, [[1, index]]));
  const drawing = lineDrawing({ ...chart, only: ['three', 'one'] }, columns, answerOf(rows));
  expect(marksOf(drawing)).toHaveLength(2);
  expect(textOf(drawing, 'three')).toBeDefined();
  expect(textOf(drawing, 'two')).toBeUndefined();
});

test('each point is marked, and the line goes through the marks in the order of the rows', () => {
  const drawing = lineDrawing(
    chart,
    columns,
    answerOf(
      series('ours', true, [
        [0, 0],
        [10, 2],
        [5, 4],
      ]),
    ),
  );
  const [line] = linesOf(drawing);
  const [first, second, third] = line!.points;

  expect(marksOf(drawing).map(({ x, y }) => [x, y])).toEqual(line!.points);
  expect(third![0] - first![0]).toBeCloseTo((second![0] - first![0]) / 2);
  expect(third![1] - first![1]).toBeCloseTo((second![1] - first![1]) * 2);
});

test('equal factors are equally far apart on a logarithmic axis', () => {
  const rows = series('ours', true, [
    [1, 10],
    [10, 100],
    [100, 1_000],
  ]);
  const [line] = linesOf(lineDrawing({ ...chart, logarithmicX: true, logarithmicY: true }, columns, answerOf(rows)));
  const [first, second, third] = line!.points;

  expect(second![0] - first![0]).toBeCloseTo(third![0] - second![0]);
  expect(second![1] - first![1]).toBeCloseTo(third![1] - second![1]);
});

test('an axis on which something is at 0 is linear, and the chart says which one is not', () => {
  const rows = series('ours', true, [
    [0, 10],
    [10, 100],
    [20, 1_000],
  ]);
  const drawing = lineDrawing({ ...chart, logarithmicX: true, logarithmicY: true }, columns, answerOf(rows));
  const [first, second, third] = linesOf(drawing)[0]!.points;

  expect(second![0] - first![0]).toBeCloseTo(third![0] - second![0]);
  expect(textOf(drawing, '× bare, vertical scale logarithmic')).toBeDefined();
});

test('ours are coloured and the others grey, and no two of the first eight look alike', () => {
  const drawing = lineDrawing(
    chart,
    columns,
    answerOf(Array.from('abcdefgh').flatMap((name, index) => series(name, index % 2 === 0, [[1, index]]))),
  );
  const looks = marksOf(drawing).map(({ colour, mark }) => `${colour} ${mark}`);

  expect(new Set(looks).size).toBe(8);
  expect(looks.filter((look) => look.startsWith('line'))).toHaveLength(4);
});

test('the fifth of a kind has the colour of the first and another mark', () => {
  const drawing = lineDrawing(
    chart,
    columns,
    answerOf(Array.from('abcde').flatMap((name, index) => series(name, true, [[1, index]]))),
  );
  const [fifth, , , , first] = marksOf(drawing); // the first is drawn last

  expect(fifth!.colour).toBe(first!.colour);
  expect(fifth!.mark).not.toBe(first!.mark);
});

test('names stand beside the ends of their lines where there is room', () => {
  const drawing = lineDrawing(
    chart,
    columns,
    answerOf([...series('low', false, [[1, 1]]), ...series('middle', true, [[1, 5]]), ...series('high', false, [[1, 10]])]),
  );
  const [, middle] = marksOf(drawing);

  expect(textOf(drawing, 'middle')!.y).toBeGreaterThan(middle!.y);
  expect(textOf(drawing, 'middle')!.y - middle!.y).toBeLessThan(8);
  expect(textOf(drawing, 'high')!.y).toBeLessThan(textOf(drawing, 'low')!.y);
});

test('without series there is one line, and nothing to name', () => {
  const { series: _none, ...single } = chart;
  const drawing = lineDrawing(
    single,
    columns,
    answerOf(
      series('ours', true, [
        [1, 1],
        [2, 2],
      ]),
    ),
  );

  expect(linesOf(drawing)).toHaveLength(1);
  expect(textOf(drawing, 'ours')).toBeUndefined();
});

test('a point that was not measured is left out', () => {
  const drawing = lineDrawing(
    chart,
    columns,
    answerOf(
      series('ours', true, [
        [1, 1],
        [2, null],
        [3, 3],
      ]),
    ),
  );

  expect(marksOf(drawing)).toHaveLength(2);
  expect(plain(drawing.description)).toBe('× bare over connections. ours: 1.00 × at 1, 3.00 × at 3.');
});
