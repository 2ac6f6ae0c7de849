/** Uniform in [0, 1). */
export type Random = () => number;

/** The chance policies use unless they are given another; not for secrets. The one place that names `Math.random`. */
export const systemRandom: Random = Math.random;
