import type { Answer, Column, LineChart } from '../answer.ts';
import { drawnAcross, drawnUp, ticksAcross, ticksUp } from './axes.ts';
import { block, type Drawing, headOf, type Line, type Mark, PADDING, segment, type Shape, WIDTH, within } from './drawing.ts';
import { figure, mark } from './format.ts';
import { canBeLogarithmic, roundAbove, roundBelow, type Scale, scaleOf } from './scale.ts';
import { type Series, seriesOf } from './series.ts';
import { spread } from './spread.ts';
import { TEXTS, widest, wrapped } from './text.ts';

interface Columns {
  readonly x: Column;
  readonly y: Column;
}

const PLOT = 260;
/** From the end of the plot to the names: where thin lines lead from an end to its name. */
const LEAD = 28;
const BETWEEN_NAMES = 4;

/** Lines, each named at its end; where ends come close, the names move apart. */
export function lineDrawing(chart: LineChart, columns: Columns, answer: Answer): Drawing {
  const series = seriesOf(chart, answer);
  const named = chart.series === undefined ? [] : series;
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const across = chart.logarithmicX === true && canBeLogarithmic(xs);
  const up = chart.logarithmicY === true && canBeLogarithmic(ys);

  const head = headOf(chart.title, noteOf(columns.y.title, across, up), false);
  const top = head.bottom + 16;
  const bottom =
    top +
    Math.max(
      PLOT,
      named.reduce((sum, { label }) => sum + label.height + BETWEEN_NAMES, 0),
    );
  const right = WIDTH - PADDING - Math.max(24, ...named.map(({ label }) => label.width + LEAD));
  const y = up ? scaleOf(roundBelow(Math.min(...ys)), roundAbove(Math.max(...ys)), bottom, top, true) : fromZero(ys, bottom, top);
  const ticks = ticksUp(y, columns.y.unit);
  const left =
    PADDING +
    widest(
      ticks.map(({ text }) => text),
      'tick',
    ) +
    8;
  const x = across ? scaleOf(Math.min(...xs), Math.max(...xs), left + 8, right, true) : fromZero(xs, left + 8, right);

  const foot = captionOf(columns.x.title, (left + right) / 2, bottom + 16 + TEXTS.tick.size);
  const shapes = [
    ...head.shapes,
    ...drawnUp(ticks, left, right),
    segment([left, bottom], [right, bottom], 'axis'),
    ...drawnAcross(ticksAcross(x, columns.x.unit), bottom, bottom, 'axis'),
    ...foot.shapes,
    ...namesOf(named, x, y, right, top, bottom),
    // The first is what the chart is about: it lies above the others.
    ...series.toReversed().flatMap((one) => drawn(one, x, y)),
  ];
  return {
    title: chart.title,
    description: described(columns, series),
    width: WIDTH,
    height: Math.ceil(foot.bottom + 14),
    shapes,
  };
}

const fromZero = (values: readonly number[], from: number, to: number): Scale =>
  scaleOf(Math.min(0, ...values), Math.max(0, ...values), from, to, false);

function noteOf(title: string, across: boolean, up: boolean): string {
  if (!across && !up) return title;
  return `${title}, ${across && up ? 'both scales' : `${up ? 'vertical' : 'horizontal'} scale`} logarithmic`;
}

function captionOf(title: string, centre: number, top: number): ReturnType<typeof block> {
  const lines = wrapped(title, 'note', WIDTH - 2 * PADDING);
  return block(lines, { as: 'note', x: within(centre, widest(lines, 'note')), anchor: 'middle', top });
}

function namesOf(series: readonly Series[], x: Scale, y: Scale, right: number, top: number, bottom: number): Shape[] {
  const ends = series.map(({ points }) => points.at(-1)!).map(([across, up]) => [x.at(across), y.at(up)] as const);
  const wishes = ends.map(([, at], index) => ({ at, height: series[index]!.label.height + BETWEEN_NAMES }));
  const middles = spread(wishes, top, bottom);
  return series.flatMap(({ label, colour }, index): Shape[] => {
    const [endX, endY] = ends[index]!;
    const middle = middles[index]!;
    const lead: Line = {
      kind: 'line',
      points: [
        [endX, endY],
        [right, endY],
        [right + LEAD - 4, middle],
      ],
      colour: 'lead',
    };
    const place = { as: label.as, x: right + LEAD, anchor: 'start', top: middle - label.height / 2 - 1, colour } as const;
    return [lead, ...block(label.lines, place).shapes];
  });
}

function drawn({ points, colour, mark }: Series, x: Scale, y: Scale): (Line | Mark)[] {
  const places = points.map(([across, up]) => [x.at(across), y.at(up)] as const);
  return [{ kind: 'line', points: places, colour }, ...places.map(([x, y]): Mark => ({ kind: 'mark', mark, x, y, colour }))];
}

function described({ x, y }: Columns, series: readonly Series[]): string {
  const said = series.map(({ name, points }) => {
    const figures = points.map((point) => `${figure(point[1], y.unit)} at ${mark(point[0], x.unit)}`).join(', ');
    return name === '' ? figures : `${name}: ${figures}`;
  });
  return `${y.title} over ${x.title}. ${said.join('; ')}.`;
}
