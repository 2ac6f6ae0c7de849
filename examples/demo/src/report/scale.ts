/** Where values go on an axis, and the values worth a grid line. */
export interface Scale {
  /** Share of the axis, 0 at its start. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number at or above the largest value. */
export function linearScale(largest: number, wantedTicks = 4): Scale {
  const step = roundStep((largest || 1) / wantedTicks);
  const tickCount = Math.ceil((largest || 1) / step - 1e-9);
  const end = tickCount * step;
  return { at: (value) => value / end, ticks: Array.from({ length: tickCount + 1 }, (_, i) => i * step) };
}

/** Between the powers of ten around the smallest and the largest value. */
export function logScale(smallest: number, largest: number): Scale {
  const from = Math.floor(Math.log10(Math.max(smallest, 1e-9)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(largest, 1e-9))));
  const at = (value: number): number => Math.max(0, (Math.log10(Math.max(value, 1e-9)) - from) / (to - from));
  return { at, ticks: Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)) };
}

/** The smallest of 1, 2, 5 times a power of ten that is not below the given step. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= step * (1 - 1e-9))!;
}
