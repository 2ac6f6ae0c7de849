import type { Limits } from './pool.ts';

/** A bulkhead at one moment, as plain JSON. */
export interface BulkheadSnapshot extends Limits {
  readonly policy: string;
  readonly kind: 'bulkhead';
  /** Permits that are free. */
  readonly permits: number;
  /** Permits that are taken; above `concurrency` only after that was lowered. */
  readonly inFlight: number;
  /** Of those, the permits whose call has ended and whose operation has not. Always 0 without `holdUntilSettled`. */
  readonly leftBehind: number;
  /** Calls that wait. */
  readonly queued: number;
  /** How long the longest of them has waited, in milliseconds; 0 if none waits. */
  readonly oldestWaitMs: number;
  /** Calls that got their permits so far, at once or after a wait; */
  readonly admitted: number;
  /** those refused with a {@link BulkheadFullError}, be they newcomers or gave they way to one; */
  readonly refused: number;
  /** and those that waited for as long as they may. */
  readonly timedOut: number;
}
