import type { Answer, BarChart, Column } from '../answer.ts';
import { drawnAcross, ticksAcross } from './axes.ts';
import {
  type Bar,
  block,
  type Drawing,
  headOf,
  isMixed,
  PADDING,
  segment,
  type Shape,
  type Text,
  WIDTH,
  within,
} from './drawing.ts';
import { figure, mark } from './format.ts';
import { canBeLogarithmic, roundBelow, type Scale, scaleOf } from './scale.ts';
import { lineHeight, TEXTS, textWidth, widest, wrapped } from './text.ts';

interface Measured {
  readonly subject: string;
  readonly ours: boolean;
  readonly value: number;
  /** The value as it is written beside the bar. */
  readonly text: string;
  /** The subject's name, in lines. */
  readonly lines: readonly string[];
  readonly top: number;
  readonly height: number;
}

const LABELS_AT_MOST = 290;
const AFTER_LABEL = 12;
const BEFORE_VALUE = 6;
const BAR = 16;
const BETWEEN = 10;

/** Horizontal bars, one for each row that has a figure; nothing in it overlaps, however long the names. */
export function barDrawing(chart: BarChart, column: Column, answer: Answer): Drawing {
  const measured = answer.rows.filter((row) => typeof row[chart.value] === 'number');
  const limits = chart.limit === undefined ? [] : [chart.limit];
  const values = [...measured.map((row) => row[chart.value] as number), ...limits];
  const logarithmic = chart.logarithmic === true && canBeLogarithmic(values);

  const head = headOf(chart.title, logarithmic ? `${column.title}, logarithmic scale` : column.title, isMixed(measured));
  const rows = stacked(measured, chart.value, column, head.bottom + (limits.length === 0 ? 8 : 28));
  const bottom = rows.reduce((below, { top, height }) => Math.max(below, top + height), head.bottom + 20);
  const left = PADDING + Math.max(0, ...rows.map(({ lines, ours }) => widest(lines, ours ? 'ours' : 'label'))) + AFTER_LABEL;
  const texts = rows.map(({ text }) => text);
  const right = WIDTH - PADDING - widest(texts, 'ours') - BEFORE_VALUE;

  const start = startOf(values, column, logarithmic);
  const scale = scaleOf(Math.min(start, ...values), Math.max(start, ...values), left, right, logarithmic);
  const shapes = [
    ...head.shapes,
    ...drawnAcross(ticksAcross(scale, column.unit), head.bottom + 8, bottom, 'grid'),
    ...rows.map((row) => barOf(row, scale, start)),
    ...limits.flatMap((limit) => limitAt(scale.at(limit), `budget ${mark(limit, column.unit)}`, head.bottom, bottom)),
    ...rows.flatMap((row) => [...nameOf(row, left), valueOf(row, scale, start, limits)]),
  ];
  const description = described(column, rows, limits);
  return { title: chart.title, description, width: WIDTH, height: Math.ceil(bottom + 32), shapes };
}

function stacked(measured: Answer['rows'], key: string, { unit }: Column, from: number): Measured[] {
  let below = from;
  return measured.map((row) => {
    const { subject, ours } = row;
    const value = row[key] as number;
    const lines = wrapped(subject, ours ? 'ours' : 'label', LABELS_AT_MOST);
    const height = Math.max(BAR, lines.length * lineHeight('label')) + BETWEEN;
    const top = below;
    below += height;
    return { subject, ours, value, text: figure(value, unit), lines, top, height };
  });
}

/** Where bars begin: at 0; on a logarithmic scale ratios at 1 ×, the bare operation, and others somewhere below the least of them. */
function startOf(values: readonly number[], { unit }: Column, logarithmic: boolean): number {
  if (!logarithmic) return 0;
  return unit === 'ratio' ? 1 : roundBelow(Math.min(...values) / 1.2);
}

function barOf({ ours, value, top, height }: Measured, { at }: Scale, start: number): Bar {
  const x = Math.min(at(start), at(value));
  const width = Math.max(1, Math.abs(at(value) - at(start)));
  return { kind: 'bar', x, y: top + (height - BAR) / 2, width, height: BAR, colour: ours ? 'ours' : 'peer' };
}

function nameOf({ ours, lines, top, height }: Measured, left: number): readonly Text[] {
  const upper = top + (height - lines.length * lineHeight('label')) / 2 - 1;
  return block(lines, { as: ours ? 'ours' : 'label', x: left - AFTER_LABEL, anchor: 'end', top: upper }).shapes;
}

/** Behind the bar, and behind the limit where its line would run through it. */
function valueOf({ ours, value, text, top, height }: Measured, { at }: Scale, start: number, limits: readonly number[]): Text {
  const as = ours ? 'ours' : 'value';
  const end = Math.max(at(start), at(value));
  const beyond = end + textWidth(text, as) + 2 * BEFORE_VALUE;
  const struck = limits.map(at).filter((limit) => limit > end && limit < beyond);
  const x = Math.max(end, ...struck) + BEFORE_VALUE;
  return { kind: 'text', as, text, x, y: top + height / 2 + TEXTS.value.size * 0.36, anchor: 'start' };
}

/** Its label stands above all bars, and within the chart. */
function limitAt(at: number, text: string, top: number, bottom: number): Shape[] {
  const x = within(at, textWidth(text, 'limit'));
  return [
    segment([at, top + 24], [at, bottom + 4], 'limit'),
    { kind: 'text', as: 'limit', text, x, y: top + 8 + TEXTS.limit.size, anchor: 'middle' },
  ];
}

function described({ title, unit }: Column, rows: readonly Measured[], limits: readonly number[]): string {
  const bars = rows.map(({ subject, text }) => `${subject}: ${text}`);
  const budgets = limits.map((limit) => `budget: ${mark(limit, unit)}`);
  return `${title}. ${[...bars, ...budgets].join('; ')}.`;
}
