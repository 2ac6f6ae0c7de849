import type { Instant } from './elector/instant.ts';
import { elapsedMs } from './elector/instant.ts';
import type { ElectionSettings } from './election-options.ts';

export interface ElectionHealth {
  readonly healthy: boolean;
  /** What is wrong, for people; `''` when nothing is. */
  readonly message: string;
}

/**
 * Unhealthy only when the work of a term still runs though others may have led for `toleranceMs`: a process that failed to step down,
 * which only a restart helps (the rule of client-go's healthz adaptor). Not leading is healthy, and so is a store that cannot be reached.
 */
export function healthOf(
  workingSince: Instant | undefined,
  { leaseDurationMs }: ElectionSettings,
  at: Instant,
  toleranceMs: number,
): ElectionHealth {
  const overdueMs = workingSince === undefined ? 0 : elapsedMs(workingSince, at) - leaseDurationMs;
  if (overdueMs <= toleranceMs) return { healthy: true, message: '' };
  const message = `the work of a term still runs ${Math.round(overdueMs)} ms after its lease expired`;
  return { healthy: false, message };
}
