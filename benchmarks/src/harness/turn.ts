import { ANSWER } from './subject.ts';
import type { Call, Expected } from './subject.ts';

/** In nanoseconds, of a clock that counts them. */
export const now = (): number => performance.now() * 1e6;

/** Nanoseconds a call. */
export interface Cost {
  readonly ns: number;
  /** Of computing: without waiting, and without what else the machine did meanwhile; with V8's own threads. */
  readonly cpuNs: number;
}

/** Of the process: Linux knows that of a thread only to the tick, which is as long as a turn. */
const cpuNs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};

/**
 * Calls one after another, each awaited, and counts those that do not end as expected.
 * One loop for everything: what it calls is megamorphic for all alike, as in a service with many operations. The `try` is free until
 * something is thrown, and the comparison keeps the result alive.
 * @throws {Error} when a call ended otherwise than expected.
 */
export async function turn(call: Call, calls: number, expected: Expected = { value: ANSWER }): Promise<Cost> {
  const rejects = 'error' in expected;
  const value = rejects ? undefined : expected.value;
  let wrong = 0;
  const startCpu = cpuNs();
  const start = now();
  for (let i = 0; i < calls; i++) {
    try {
      const answer = await call();
      if (rejects || answer !== value) wrong++;
    } catch {
      if (!rejects) wrong++;
    }
  }
  const cost = { ns: (now() - start) / calls, cpuNs: (cpuNs() - startCpu) / calls };
  if (wrong > 0) throw new Error(`${wrong} of ${calls} calls did not end as expected`);
  return cost;
}

/** Lets timers and input run: a loop of promise reactions alone starves them, and what peers wait for with them. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
