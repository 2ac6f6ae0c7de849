import { isInTime, inTimeMs, percentile } from './measure.ts';
import type { Answer } from './model.ts';

/** How a run goes at the moment. */
export interface Live {
  readonly inTimePerSecond: number;
  readonly p99Ms: number;
  readonly waiting: number;
}

/** From the orders of the last full second whose time is up, and from those answered or waiting since. */
export function liveOf(answers: readonly Answer[], atMs: number): Live {
  let inTime = 0;
  let waiting = 0;
  const latencies: number[] = [];
  for (const answer of answers) {
    const ageMs = atMs - answer.sentMs;
    if (ageMs >= inTimeMs && ageMs < inTimeMs + 1_000 && isInTime(answer)) inTime++;
    if (answer.outcome === 'waiting') waiting++;
    if (answer.outcome === 'waiting') latencies.push(ageMs);
    else if (ageMs - answer.latencyMs < 1_000) latencies.push(answer.latencyMs);
  }
  latencies.sort((a, b) => a - b);
  return { inTimePerSecond: inTime, p99Ms: percentile(latencies, 0.99), waiting };
}
