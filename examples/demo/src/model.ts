/** The two ways the same minute is played. */
export type Variant = 'bare' | 'holdfast';

/** How long each phase lasts, in milliseconds; Payments is down in the second. */
export interface Schedule {
  readonly healthyMs: number;
  readonly outageMs: number;
  readonly recoveryMs: number;
}

/** Short enough for two runs and a database start within a minute, long enough for a backlog to build and drain. */
export const schedule: Schedule = { healthyMs: 3_000, outageMs: 8_000, recoveryMs: 7_000 };

export type Phase = 'warm-up' | 'healthy' | 'outage' | 'recovery';

export function phaseAt(atMs: number, { healthyMs, outageMs }: Schedule): Phase {
  if (atMs < 0) return 'warm-up';
  if (atMs < healthyMs) return 'healthy';
  return atMs < healthyMs + outageMs ? 'outage' : 'recovery';
}

export function lengthMs({ healthyMs, outageMs, recoveryMs }: Schedule): number {
  return healthyMs + outageMs + recoveryMs;
}

/** What became of one order, as its sender saw it. */
export interface Answer {
  /** When it was due to be sent, in milliseconds since the run's start. */
  readonly sentMs: number;
  /** From when it was due to the last byte of its answer; for one without an answer, how long it was waited for. */
  latencyMs: number;
  /** `waiting` at the end of a run: no answer came before the run was over. */
  outcome: 'paid' | 'pending' | 'failed' | 'timed-out' | 'waiting';
}

/** What Orders tells of itself, a few times a second. */
export interface OrdersGauge {
  /** Most orders in work at one moment since the last report. */
  readonly inFlight: number;
  readonly rssBytes: number;
  /** Orders accepted whose payment is still to be made. */
  readonly pending: number;
}

/** What Payments tells of itself, a few times a second. */
export interface PaymentsGauge {
  /** Calls that have reached it since its start. */
  readonly reached: number;
  readonly reachedWhileDown: number;
}

/** A gauge and when it arrived, in milliseconds since the run's start. */
export interface Reading<Gauge> {
  readonly atMs: number;
  readonly gauge: Gauge;
}

/** All that was seen in one run. */
export interface Recording {
  readonly variant: Variant;
  readonly schedule: Schedule;
  readonly ratePerSecond: number;
  readonly answers: readonly Answer[];
  readonly orders: readonly Reading<OrdersGauge>[];
  readonly payments: readonly Reading<PaymentsGauge>[];
}
