import { type Answer, lengthMs, phaseAt, type Phase, type Recording, type Schedule } from './model.ts';

/** What the customer is promised: an answer within a second. */
export const inTimeMs = 1_000;

/** The figures of one run; those marked (outage) are of the orders sent while Payments was down. */
export interface Figures {
  readonly ordersSent: number;
  /** (outage) Orders sent per second. */
  readonly offeredPerSecond: number;
  /** (outage) Orders answered, paid or pending, within `inTimeMs`, per second of sending. */
  readonly inTimePerSecond: number;
  /** (outage) The same as a share of those sent. */
  readonly inTimeRatio: number;
  /** (outage) Time to the answer, good or bad; for an order without one, the time it was waited for. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Most orders in work inside Orders at one moment of the run. */
  readonly peakInFlight: number;
  /** Most memory the process of Orders held, in bytes (resident set). */
  readonly peakRssBytes: number;
  /** (outage) Calls that reached Payments, retries included. */
  readonly callsWhileDown: number;
  /** From the repair of Payments until orders were paid in time again and stayed so; null: not within the run. */
  readonly recoveredAfterMs: number | null;
  /** Orders accepted whose payment was still to be made when the run ended. */
  readonly pendingAtEnd: number;
}

export function figuresOf({ schedule, answers, orders, payments }: Recording): Figures {
  const outage = answersOf(answers, schedule, 'outage');
  const outageSeconds = schedule.outageMs / 1_000;
  const inTime = outage.filter(isInTime).length;
  const latencies = outage.map((answer) => answer.latencyMs).sort((a, b) => a - b);
  const running = orders.filter(({ atMs }) => atMs >= 0).map(({ gauge }) => gauge);
  return {
    ordersSent: answers.length,
    offeredPerSecond: outage.length / outageSeconds,
    inTimePerSecond: inTime / outageSeconds,
    inTimeRatio: inTime / outage.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    peakInFlight: Math.max(0, ...running.map((gauge) => gauge.inFlight)),
    peakRssBytes: Math.max(0, ...running.map((gauge) => gauge.rssBytes)),
    callsWhileDown: payments.at(-1)?.gauge.reachedWhileDown ?? 0,
    recoveredAfterMs: recoveredAfter(answers, schedule),
    pendingAtEnd: running.at(-1)?.pending ?? 0,
  };
}

/** Whether the service held: 99 % of the orders of the outage answered in time, and back to normal within the run. */
export function held({ inTimeRatio, recoveredAfterMs }: Figures): boolean {
  return inTimeRatio >= 0.99 && recoveredAfterMs !== null;
}

export function isInTime({ outcome, latencyMs }: Answer): boolean {
  return (outcome === 'paid' || outcome === 'pending') && latencyMs <= inTimeMs;
}

export function answersOf(answers: readonly Answer[], schedule: Schedule, phase: Phase): Answer[] {
  return answers.filter(({ sentMs }) => phaseAt(sentMs, schedule) === phase);
}

/** The smallest value that at least the given share of all does not exceed (nearest rank); NaN for none. */
export function percentile(ascending: readonly number[], ratio: number): number {
  return ascending[Math.max(0, Math.ceil(ratio * ascending.length) - 1)] ?? Number.NaN;
}

const binMs = 500;
const healthyRatio = 0.95;
/** Good for shorter than this at the end of the run is luck, not health. */
const provenMs = 1_000;

/**
 * From the repair to the start of the first half second from which on, to the run's end, every half second had at least
 * 95 % of its orders paid in time. An order merely accepted does not count here: healthy means everything works again.
 */
export function recoveredAfter(answers: readonly Answer[], schedule: Schedule): number | null {
  const repairMs = schedule.healthyMs + schedule.outageMs;
  const endMs = lengthMs(schedule);
  let sinceMs = endMs;
  while (sinceMs > repairMs && isHealthy(answers, sinceMs - binMs, sinceMs)) sinceMs -= binMs;
  return endMs - sinceMs >= provenMs ? sinceMs - repairMs : null;
}

function isHealthy(answers: readonly Answer[], fromMs: number, toMs: number): boolean {
  const sent = answers.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs);
  const paid = sent.filter((answer) => answer.outcome === 'paid' && isInTime(answer));
  return paid.length >= healthyRatio * sent.length;
}
