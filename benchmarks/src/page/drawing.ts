import { lineHeight, TEXTS, type TextKind, textWidth, wrapped } from './text.ts';

/** A chart that is laid out, and not yet written down: what a test can measure. Pixels, from the upper left corner. */
export interface Drawing {
  readonly title: string;
  /** The chart in words, for who does not see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** What comes later lies above. */
  readonly shapes: readonly Shape[];
}

/** Colours are classes of the style sheet: `grid`, `limit`, `ours`, `peer`, and `line0` and so on for lines. */
export type Shape = Text | Bar | Line | Mark;

type Point = readonly [x: number, y: number];

export interface Text {
  readonly kind: 'text';
  readonly as: TextKind;
  readonly text: string;
  /** Where it is anchored, and its base line. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly colour?: string;
}

export interface Bar {
  readonly kind: 'bar';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

export interface Line {
  readonly kind: 'line';
  readonly points: readonly Point[];
  readonly colour: string;
}

export const MARKS = ['circle', 'square', 'diamond', 'triangle'] as const;

export interface Mark {
  readonly kind: 'mark';
  readonly mark: (typeof MARKS)[number];
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const WIDTH = 720;
export const PADDING = 20;

/** What a text may cover, in the widest of the fonts. */
export function boxOf({ as, text, x, y, anchor }: Text): Box {
  const width = textWidth(text, as);
  const left = x - { start: 0, middle: width / 2, end: width }[anchor];
  return { left, top: y - TEXTS[as].size * 0.8, right: left + width, bottom: y + TEXTS[as].size * 0.25 };
}

/** Lines of text below one another, the first of them right below `top`. */
export function block(
  lines: readonly string[],
  place: Omit<Text, 'kind' | 'text' | 'y'> & { readonly top: number },
): { readonly shapes: readonly Text[]; readonly bottom: number } {
  const { top, ...rest } = place;
  const height = lineHeight(rest.as);
  const first = top + TEXTS[rest.as].size;
  return {
    shapes: lines.map((text, index) => ({ ...rest, kind: 'text', text, y: first + index * height })),
    bottom: top + lines.length * height,
  };
}

/** Title, a note below it, and beside the note which colour is whose where there are both. */
export function headOf(
  title: string,
  note: string,
  legend: boolean,
): { readonly shapes: readonly Shape[]; readonly bottom: number } {
  const inner = WIDTH - 2 * PADDING;
  const heading = block(wrapped(title, 'title', inner), { as: 'title', x: PADDING, anchor: 'start', top: PADDING - 4 });
  const keys = legend ? legendAt(heading.bottom + 4) : { shapes: [], width: 0 };
  const noted = block(wrapped(note, 'note', inner - keys.width), {
    as: 'note',
    x: PADDING,
    anchor: 'start',
    top: heading.bottom + 4,
  });
  return { shapes: [...heading.shapes, ...noted.shapes, ...keys.shapes], bottom: noted.bottom };
}

const SWATCH = 10;
const LEGEND = [
  { colour: 'ours', text: 'holdfast' },
  { colour: 'peer', text: 'others' },
] as const;

function legendAt(top: number): { readonly shapes: readonly Shape[]; readonly width: number } {
  const shapes: Shape[] = [];
  const { size } = TEXTS.note;
  let right = WIDTH - PADDING;
  for (const { colour, text } of LEGEND.toReversed()) {
    const left = right - textWidth(text, 'note') - SWATCH - 6;
    shapes.push({ kind: 'bar', x: left, y: top + size - SWATCH, width: SWATCH, height: SWATCH, colour });
    shapes.push({ kind: 'text', as: 'note', text, x: left + SWATCH + 6, y: top + size, anchor: 'start' });
    right = left - 14;
  }
  return { shapes, width: WIDTH - PADDING - right };
}

/** Whether there are ours and others: one colour alone needs no key. */
export const isMixed = (rows: readonly { readonly ours: boolean }[]): boolean =>
  rows.some(({ ours }) => ours) && rows.some(({ ours }) => !ours);

/** The middle nearest to `x` at which something so wide stays within the chart. */
export const within = (x: number, width: number): number =>
  Math.min(Math.max(x, PADDING + width / 2), WIDTH - PADDING - width / 2);

export const segment = (from: Point, to: Point, colour: string): Line => ({ kind: 'line', points: [from, to], colour });
