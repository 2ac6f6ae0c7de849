import type { Point } from '../series.ts';
import { escape } from './html.ts';
import type { Scale } from './scale.ts';

export interface Line {
  /** The CSS class that gives its colour and stroke. */
  readonly kind: 'bare' | 'holdfast';
  readonly points: readonly Point[];
  /** A mark on the line, with words beside it. */
  readonly note?: Note;
}

export interface Note extends Point {
  readonly text: string;
  /** Where the words go; above and below change places at an end of the frame. */
  readonly side: 'above' | 'below' | 'right' | 'below-right';
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What to make of it, shown beneath. */
  readonly caption: string;
  /** What the chart shows, in a sentence, for those who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly tickText: (value: number) => string;
  /** The shaded stretch of time, in the unit of x. */
  readonly band: { readonly from: number; readonly to: number; readonly text: string };
  /** A level worth showing, such as a promise made. */
  readonly level?: { readonly y: number; readonly text: string };
  /** What both lines are measured against, drawn as an area. */
  readonly offered?: readonly Point[];
  readonly lines: readonly Line[];
}

const margin = { top: 22, right: 14, bottom: 26, left: 52 };

/** Draws the chart as an SVG element, coloured by the page's style sheet. */
export function chartSvg(chart: Chart): string {
  const frame = frameOf(chart);
  const { id, title, description, width, height } = chart;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${escape(title)}</title><desc id="${id}-description">${escape(description)}</desc>
${bandSvg(chart, frame)}${areaSvg(chart, frame)}${gridSvg(chart, frame)}${levelSvg(chart, frame)}
${chart.lines.map((line) => lineSvg(line, frame)).join('\n')}
${chart.lines.map((line) => noteSvg(line, frame)).join('')}
</svg>`;
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function frameOf({ width, height, x, y }: Chart): Frame {
  const { left, top } = margin;
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  return {
    ...{ left, right, top, bottom },
    x: (value) => rounded(left + x.at(value) * (right - left)),
    y: (value) => rounded(bottom - y.at(value) * (bottom - top)),
  };
}

/** A tenth of a pixel is as fine as anyone sees; keeps the file small. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function bandSvg({ band }: Chart, { x, top, bottom }: Frame): string {
  const [from, to] = [x(band.from), x(band.to)];
  return `<rect class="band" x="${from}" y="${top}" width="${rounded(to - from)}" height="${bottom - top}"/>
<text class="band-text" x="${rounded((from + to) / 2)}" y="${top - 7}" text-anchor="middle">${escape(band.text)}</text>`;
}

function gridSvg(chart: Chart, { x, y, left, right, bottom }: Frame): string {
  const rows = chart.y.ticks.map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/><text class="tick" x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${escape(chart.tickText(value))}</text>`,
  );
  const columns = chart.x.ticks.map(
    (value) => `<text class="tick" x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${value} s</text>`,
  );
  return [...rows, ...columns].join('\n');
}

function levelSvg({ level }: Chart, { y, left, right }: Frame): string {
  if (!level) return '';
  return `<line class="level" x1="${left}" x2="${right}" y1="${y(level.y)}" y2="${y(level.y)}"/><text class="level-text" x="${right - 4}" y="${y(level.y) - 5}" text-anchor="end">${escape(level.text)}</text>`;
}

function areaSvg({ offered }: Chart, { x, y, bottom }: Frame): string {
  if (!offered?.length) return '';
  const [first, last] = [offered[0]!, offered.at(-1)!];
  const edge = offered.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
  return `<polygon class="area offered" points="${x(first.x)},${bottom} ${edge} ${x(last.x)},${bottom}"/>`;
}

function lineSvg({ kind, points }: Line, { x, y }: Frame): string {
  return `<polyline class="line ${kind}" points="${points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ')}"/>`;
}

function noteSvg({ kind, note }: Line, frame: Frame): string {
  if (!note) return '';
  const [x, y] = [frame.x(note.x), frame.y(note.y)];
  const { dx, dy, anchor } = placement(note.side, x, y, frame);
  return `<circle class="dot ${kind}" cx="${x}" cy="${y}" r="4"/><text class="note ${kind}" x="${rounded(x + dx)}" y="${rounded(y + dy)}" text-anchor="${anchor}">${escape(note.text)}</text>`;
}

function placement(side: Note['side'], x: number, y: number, frame: Frame): { dx: number; dy: number; anchor: string } {
  if (side === 'right') return { dx: 9, dy: 4, anchor: 'start' };
  if (side === 'below-right') return { dx: 4, dy: 18, anchor: 'start' };
  const above = side === 'above' ? y - 22 > frame.top : y + 22 > frame.bottom;
  return { dx: 0, dy: above ? -9 : 18, anchor: anchorAt(x, frame) };
}

/** Words near an end of the frame grow away from it. */
function anchorAt(x: number, { left, right }: Frame): 'start' | 'middle' | 'end' {
  if (x < left + 50) return 'start';
  return x > right - 50 ? 'end' : 'middle';
}
