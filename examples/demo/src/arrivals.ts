import { seeded } from './random.ts';

/**
 * When orders are sent, in milliseconds from the start: a Poisson process, as strangers who know nothing of each other send.
 * The times are fixed before the run, so a slow answer never slows the next order down (no coordinated omission).
 */
export function arrivals(ratePerSecond: number, durationMs: number, seed: number): number[] {
  const random = seeded(seed);
  const times: number[] = [];
  let atMs = 0;
  while (true) {
    atMs += (-Math.log(1 - random()) * 1_000) / ratePerSecond;
    if (atMs >= durationMs) return times;
    times.push(atMs);
  }
}
