/** From figures to pixels, and the round figures worth a tick. Pure arithmetic. */

export interface Scale {
  readonly logarithmic: boolean;
  readonly low: number;
  readonly high: number;
  /** Pixels. */
  readonly at: (value: number) => number;
}

/** A logarithmic axis has no place for 0 and below: with such a value the axis is linear. */
export const canBeLogarithmic = (values: readonly number[]): boolean => values.length > 0 && values.every((value) => value > 0);

/** @param from where `low` is drawn, in pixels; may be larger than `to`. */
export function scaleOf(low: number, high: number, from: number, to: number, logarithmic: boolean): Scale {
  const along = logarithmic ? Math.log10 : (value: number): number => value;
  const top = high > low ? high : low + (Math.abs(low) || 1);
  const length = along(top) - along(low);
  return { logarithmic, low, high: top, at: (value) => from + ((along(value) - along(low)) / length) * (to - from) };
}

/** The nearest 1, 2 or 5 times a power of ten that is not above the value. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [10, 5, 2, 1].map((step) => tidy(step * power));
  return steps.find((step) => step <= value) ?? tidy(power / 2);
}

export function roundAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10, 20].map((step) => tidy(step * power)).find((step) => step >= value)!;
}

/** Ticks in the order from low to high: as many as `fit`, which is asked for the most first. */
export function ticksOf(scale: Scale, fit: (ticks: readonly number[]) => boolean): readonly number[] {
  const sets = scale.logarithmic ? [...decades(scale), ...evenSteps(scale)] : evenSteps(scale);
  return sets.find((ticks) => ticks.length > 1 && fit(ticks)) ?? [];
}

const MOST_TICKS = 10;

function evenSteps({ low, high }: Scale): (readonly number[])[] {
  const finest = roundAbove((high - low) / MOST_TICKS);
  const steps = [finest, roundAbove(finest * 1.5), roundAbove(finest * 4), roundAbove(finest * 8), roundAbove(finest * 15)];
  return steps.map((step) =>
    between(Math.ceil(tidy(low / step)), Math.floor(tidy(high / step))).map((index) => tidy(index * step)),
  );
}

/** 1-2-5, then whole powers, then every so manyth. A range too short for three of them has none: even steps say more there. */
function decades({ low, high }: Scale): (readonly number[])[] {
  const powers = between(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)));
  const within = (values: readonly number[]): number[] => values.filter((value) => value >= low && value <= high);
  const fine = within(powers.flatMap((power) => [1, 2, 5].map((step) => tidy(step * 10 ** power))));
  const coarse = [1, 2, 3, 4, 6].map((every) =>
    within(powers.filter((power) => power % every === 0).map((power) => tidy(10 ** power))),
  );
  return fine.length < 3 ? [] : [fine, ...coarse];
}

const between = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/** Without the last bits that multiplying by 0.1 leaves behind. */
const tidy = (value: number): number => Number(value.toPrecision(12));
