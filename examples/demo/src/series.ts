import { isInTime, percentile } from './measure.ts';
import { type Answer, lengthMs, type Reading, type Recording, type Schedule } from './model.ts';

export interface Point {
  /** Seconds since the run's start. */
  readonly x: number;
  readonly y: number;
}

/** The curves of one run. */
export interface Series {
  /** Orders sent per second. */
  readonly offered: readonly Point[];
  /** Orders, of those sent around that time, answered within the second promised; per second. */
  readonly inTime: readonly Point[];
  /** Time to the answer of the slowest hundredth, in milliseconds. */
  readonly p99: readonly Point[];
  /** Orders in work. */
  readonly inFlight: readonly Point[];
  /** Memory of the Orders process, in megabytes. */
  readonly memory: readonly Point[];
  /** Calls that reached Payments, per second. */
  readonly calls: readonly Point[];
}

const stepMs = 250;
/** Each point tells of the second around it: long enough not to show the chance of single arrivals. */
const windowMs = 1_000;

export function seriesOf({ schedule, answers, orders, payments }: Recording): Series {
  const endMs = lengthMs(schedule);
  const windows = slidingWindows(answers, schedule);
  const running = orders.filter(({ atMs }) => atMs >= 0 && atMs <= endMs);
  return {
    offered: windows.map(({ atMs, sent, seconds }) => ({ x: atMs / 1_000, y: sent.length / seconds })),
    inTime: windows.map(({ atMs, sent, seconds }) => ({ x: atMs / 1_000, y: sent.filter(isInTime).length / seconds })),
    p99: windows
      .filter(({ sent }) => sent.length > 0)
      .map(({ atMs, sent }) => ({
        x: atMs / 1_000,
        y: percentile(
          sent.map((a) => a.latencyMs).sort((a, b) => a - b),
          0.99,
        ),
      })),
    inFlight: running.map(({ atMs, gauge }) => ({ x: atMs / 1_000, y: gauge.inFlight })),
    memory: running.map(({ atMs, gauge }) => ({ x: atMs / 1_000, y: gauge.rssBytes / 2 ** 20 })),
    calls: rateOf(payments.map(({ atMs, gauge }) => ({ atMs, gauge: gauge.reached }))).filter(
      ({ x }) => x >= 0 && x <= endMs / 1_000,
    ),
  };
}

/**
 * The orders sent around each point in time. No window reaches from one phase into the next, or a curve would fall
 * before its cause; at a border there are two points, one for either side.
 */
function slidingWindows(
  answers: readonly Answer[],
  { healthyMs, outageMs, recoveryMs }: Schedule,
): { atMs: number; sent: readonly Answer[]; seconds: number }[] {
  let phaseStartMs = 0;
  return [healthyMs, outageMs, recoveryMs].flatMap((phaseMs) => {
    const startMs = phaseStartMs;
    const endMs = (phaseStartMs += phaseMs);
    return Array.from({ length: Math.floor(phaseMs / stepMs) + 1 }, (_, i) => {
      const atMs = startMs + i * stepMs;
      const fromMs = Math.max(startMs, atMs - windowMs / 2);
      const toMs = Math.min(endMs, atMs + windowMs / 2);
      const sent = answers.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs);
      return { atMs, sent, seconds: (toMs - fromMs) / 1_000 };
    });
  });
}

/** Growth per second of a counter, each point in the middle of the half second or so that it tells of. */
export function rateOf(readings: readonly Reading<number>[]): Point[] {
  return readings.slice(2).map((last, i) => {
    const first = readings[i]!;
    const spanMs = last.atMs - first.atMs;
    return { x: (first.atMs + spanMs / 2) / 1_000, y: ((last.gauge - first.gauge) * 1_000) / spanMs };
  });
}
