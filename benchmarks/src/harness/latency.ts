import { quantile } from './statistics.ts';
import type { Call } from './subject.ts';
import { now } from './turn.ts';

export interface Latency {
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** Up to `most` calls within about `mostMs`, each timed by itself; each includes a reading of the clock, some 40 ns. */
export async function latency(call: Call, most: number, mostMs: number): Promise<Latency> {
  const samples = new Float64Array(most); // of numbers, so that writing one makes no garbage
  const end = now() + mostMs * 1e6;
  let count = 0;
  let before = now();
  while (count < most && before < end) {
    try {
      await call();
    } catch {
      // `turn` has checked that this is how it ends
    }
    const after = now();
    samples[count++] = after - before;
    before = after;
  }
  const taken = [...samples.subarray(0, count)];
  return { p50Ns: quantile(taken, 0.5), p99Ns: quantile(taken, 0.99) };
}
