import type { Column } from '../answer.ts';
import { segment, type Shape, WIDTH } from './drawing.ts';
import { mark } from './format.ts';
import { type Scale, ticksOf } from './scale.ts';
import { TEXTS, textWidth } from './text.ts';

export interface Tick {
  /** Along the axis, in pixels. */
  readonly at: number;
  readonly text: string;
}

const BETWEEN = 10;
const LINE_TO_LINE = 24;

/** As many ticks as find room beside one another, and within the chart. */
export function ticksAcross(scale: Scale, unit: Column['unit']): readonly Tick[] {
  return ticksAlong(scale, unit, (ticks) => {
    const halves = ticks.map(({ text }) => textWidth(text, 'tick') / 2);
    const apart = ticks.every(
      ({ at }, index) => index === 0 || at - halves[index]! >= ticks[index - 1]!.at + halves[index - 1]! + BETWEEN,
    );
    return apart && ticks[0]!.at - halves[0]! >= 4 && ticks.at(-1)!.at + halves.at(-1)! <= WIDTH - 4;
  });
}

/** As many ticks as find room above one another. */
export const ticksUp = (scale: Scale, unit: Column['unit']): readonly Tick[] =>
  ticksAlong(scale, unit, (ticks) => ticks.every(({ at }, index) => index === 0 || ticks[index - 1]!.at - at >= LINE_TO_LINE));

/** Two ticks that read the same are one too many. */
function ticksAlong(scale: Scale, unit: Column['unit'], fit: (ticks: readonly Tick[]) => boolean): readonly Tick[] {
  const labelled = (values: readonly number[]): Tick[] =>
    values.map((value) => ({ at: scale.at(value), text: mark(value, unit) }));
  const distinct = (ticks: readonly Tick[]): boolean => new Set(ticks.map(({ text }) => text)).size === ticks.length;
  return labelled(
    ticksOf(scale, (values) => {
      const ticks = labelled(values);
      return distinct(ticks) && fit(ticks);
    }),
  );
}

/** Ticks below `bottom`, each with a line up to `top`. */
export const drawnAcross = (ticks: readonly Tick[], top: number, bottom: number, colour: string): Shape[] =>
  ticks.flatMap(({ at, text }): Shape[] => [
    segment([at, top], [at, bottom + 4], colour),
    { kind: 'text', as: 'tick', text, x: at, y: bottom + 8 + TEXTS.tick.size, anchor: 'middle' },
  ]);

/** Ticks to the left of `left`, each with a line to `right`. */
export const drawnUp = (ticks: readonly Tick[], left: number, right: number): Shape[] =>
  ticks.flatMap(({ at, text }): Shape[] => [
    segment([left, at], [right, at], 'grid'),
    { kind: 'text', as: 'tick', text, x: left - 8, y: at + TEXTS.tick.size * 0.36, anchor: 'end' },
  ]);
