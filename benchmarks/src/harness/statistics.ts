/** The middle of a list of samples, and the quarter of them on either side of it: what noise did to it. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** @returns the sample that `share` (0 to 1) of the samples do not exceed, without interpolation: a value that really occurred. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('quantile: there are no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Medians and quartiles: a turn another process fell into is far off, and moves neither. */
export function spread(samples: readonly number[]): Spread {
  return { low: quantile(samples, 0.25), median: median(samples), high: quantile(samples, 0.75) };
}
