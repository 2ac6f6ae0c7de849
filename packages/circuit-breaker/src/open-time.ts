import type { Settings } from './settings.ts';

/**
 * How long the circuit stays open, in milliseconds: `openMs` the first time, then growing by `factor` with every opening in a row
 * up to `capMs`. What comes on top of `openMs` is jittered, so that clients that opened together drift apart, the cap included.
 * @param openings how often it has opened in a row, this time included; at least 1.
 * @param draw the chance of the jitter, uniform in [0, 1).
 */
export function openTimeMs({ openMs, factor, capMs, jitterRatio }: Settings, openings: number, draw: number): number {
  if (openings === 1 || openMs === 0) return openMs;
  const ceilingMs = Math.min(capMs, openMs * factor ** (openings - 1)); // Infinity, once it overflows, is above any cap
  return openMs + (ceilingMs - openMs) * (1 - jitterRatio * draw);
}
