import fc from 'fast-check';
import type { Answer, Column } from '../answer.ts';
import { type Box, boxOf, type Drawing, type Text } from './drawing.ts';

/** Answers that are made up, and what is checked of every chart drawn from them. */
export const RATIO: Column = { key: 'value', title: '× bare', unit: 'ratio' };
export const LOAD: Column = { key: 'load', title: 'connections', unit: 'count' };
export const LIBRARY: Column = { key: 'library', title: 'library', unit: 'text' };

export const answerOf = (rows: Answer['rows'], changes: Partial<Answer> = {}): Answer => ({
  id: 'made-up',
  title: 'What does nothing cost?',
  about: 'Nothing, *measured* `often`.',
  columns: [RATIO],
  rows,
  charts: [],
  ...changes,
});

/** Names of all kinds: words, long words, markup, and signs from all over Unicode. */
export const names = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('abcdefgMW .<&>"|')), minLength: 1, maxLength: 160 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom('holdfast: the standard seven', 'p-retry around bottleneck around opossum', 'm'.repeat(90)),
);

export const positive = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
export const anyFigure = fc.oneof(
  positive,
  positive.map((value) => -value),
  fc.constantFrom(0, 1),
);
export const units = fc.constantFrom<Column['unit'][]>('ratio', 'ns', 'us', 'ms', 'bytes', 'percent', 'count', 'perSecond');

const textsOf = ({ shapes }: Drawing): Text[] => shapes.filter((shape) => shape.kind === 'text');

/** With spaces where texts have ones that do not break. */
export const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

/** The text that says this, in plain spaces; undefined where none does. */
export const textOf = (drawing: Drawing, said: string): Text | undefined =>
  textsOf(drawing).find(({ text }) => plain(text) === said);

const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Pairs of texts of which one covers the other, by what they say. */
export function overlaps(drawing: Drawing): string[] {
  const boxes = textsOf(drawing).map((text) => ({ text: text.text, box: boxOf(text) }));
  return boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => overlap(a.box, b.box))
      .map((b) => `'${a.text}' and '${b.text}'`),
  );
}

/** What lies, in part or in whole, outside of the chart. */
export function outside(drawing: Drawing): string[] {
  const { width, height } = drawing;
  const out = (x: number, y: number): boolean => !(x >= 0 && x <= width && y >= 0 && y <= height);
  return drawing.shapes.flatMap((shape) => {
    switch (shape.kind) {
      case 'text': {
        const { left, top, right, bottom } = boxOf(shape);
        return out(left, top) || out(right, bottom) ? [`'${shape.text}'`] : [];
      }
      case 'bar':
        return out(shape.x, shape.y) || out(shape.x + shape.width, shape.y + shape.height) ? ['a bar'] : [];
      case 'line':
        return shape.points.some(([x, y]) => out(x, y)) ? [`a line ${shape.colour}`] : [];
      case 'mark':
        return out(shape.x, shape.y) ? ['a mark'] : [];
    }
  });
}

/** Bars that run through a text, and lines of the limit that do. */
export function struckThrough(drawing: Drawing): string[] {
  const boxes = drawing.shapes.flatMap((shape): Box[] => {
    if (shape.kind === 'bar')
      return [{ left: shape.x, top: shape.y, right: shape.x + shape.width, bottom: shape.y + shape.height }];
    if (shape.kind !== 'line' || shape.colour !== 'limit') return [];
    const [[x, top], [, bottom]] = shape.points as [readonly [number, number], readonly [number, number]];
    return [{ left: x - 1, top, right: x + 1, bottom }];
  });
  return textsOf(drawing)
    .filter((text) => boxes.some((box) => overlap(box, boxOf(text))))
    .map(({ text }) => `'${text}'`);
}
