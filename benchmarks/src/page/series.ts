import type { Answer, LineChart, Row } from '../answer.ts';
import { isMixed, type Mark, MARKS } from './drawing.ts';
import { lineHeight, type TextKind, widest, wrapped } from './text.ts';

/** One line of a chart, and the name at its end. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A class of the style sheet: `line0` to `line3` are ours, `grey0` to `grey3` the others'. */
  readonly colour: string;
  readonly mark: Mark['mark'];
  readonly label: Label;
}

export interface Label {
  readonly lines: readonly string[];
  readonly as: TextKind;
  readonly width: number;
  readonly height: number;
}

const LABELS_AT_MOST = 180;
const COLOURS = 4;

/** In the order in which they first occur; points in the order of the rows, those without figures left out. */
export function seriesOf({ x, y, series, only }: LineChart, { rows }: Answer): Series[] {
  const nameOf = (row: Row): string => (series === undefined ? '' : String(row[series]));
  const measured = rows.filter((row) => typeof row[x] === 'number' && typeof row[y] === 'number');
  const groups = [...Map.groupBy(measured, nameOf)].filter(([name]) => only?.includes(name) ?? true);
  const named = groups.map(([name, rows]) => ({ name, rows, ours: rows.some(({ ours }) => ours) }));
  const mixed = isMixed(named);
  const seen = { line: 0, grey: 0 };
  return named.map(({ name, rows, ours }) => {
    const palette = ours || !mixed ? 'line' : 'grey';
    const number = seen[palette]++;
    const points = rows.map((row) => [row[x] as number, row[y] as number] as const);
    return { name, points, colour: `${palette}${number % COLOURS}`, mark: markOf(palette, number), label: labelOf(name, ours) };
  });
}

/** The fifth has the colour of the first, and therefore not its mark. */
const markOf = (palette: 'line' | 'grey', number: number): Mark['mark'] =>
  MARKS[(number + Math.floor(number / COLOURS) + (palette === 'grey' ? 1 : 0)) % MARKS.length]!;

function labelOf(name: string, ours: boolean): Label {
  const as = ours ? 'ours' : 'label';
  const lines = wrapped(name, as, LABELS_AT_MOST);
  return { lines, as, width: widest(lines, as), height: lines.length * lineHeight(as) };
}
