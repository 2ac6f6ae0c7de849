import { GCProfiler } from 'node:v8';
import { median } from './statistics.ts';
import type { Call } from './subject.ts';
import { nextTurn } from './turn.ts';

const BURSTS = 15;
/** Enough that what measuring itself leaves behind is lost in it, few enough that no collection comes in between. */
const CALLS = 100;

/**
 * Bytes a call leaves to the collector, those of the operation and of awaiting it included: how the heap grew over a burst of calls
 * in which no collection ran, the median of several.
 * @returns `null` without `--expose-gc`, or where a collection came into every burst.
 */
export async function bytesPerCall(call: Call): Promise<number | null> {
  const { gc } = globalThis;
  if (gc === undefined) return null;
  const bursts: number[] = [];
  for (let i = 0; i < BURSTS; i++) {
    await nextTurn();
    gc({ type: 'minor' });
    const profiler = new GCProfiler();
    profiler.start();
    const bytes = await growth(call);
    if (profiler.stop()?.statistics.length === 0) bursts.push(bytes / CALLS);
  }
  return bursts.length === 0 ? null : Math.round(median(bursts));
}

async function growth(call: Call): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < CALLS; i++) {
    try {
      await call();
    } catch {
      // `turn` has checked that this is how it ends
    }
  }
  return process.memoryUsage().heapUsed - before;
}
