import type { Clock, Guard } from '@holdfast/core';
import type { BulkheadOptions, BulkheadUpdate } from './options.ts';
import { PermitGuard } from './permit-guard.ts';
import type { Limits } from './pool.ts';
import type { BulkheadSnapshot } from './snapshot.ts';

export interface Bulkhead extends Guard {
  readonly name: string;
  readonly clock: Clock;
  /**
   * Changes the limits named and keeps the others; a `queue` that was never given stays as long as `concurrency`. No call is stopped
   * and no waiter refused: with more permits waiters are admitted at once, with fewer the calls that run go on and nobody is admitted
   * until enough have ended.
   * @throws {ConfigError} for limits out of range; then nothing is changed.
   */
  resize(limits: Partial<Limits>): void;
  /**
   * For `pipeline.update()`. What `resize` says of limits holds here, too. A changed `queueTimeoutMs` or `ageingMs` holds for those who
   * wait already, from their arrival on; a smaller `keyShareRatio` takes no permit away from a key; `weight` and `priority` are asked
   * about later calls.
   */
  prepareUpdate(options: BulkheadUpdate): () => void;
  snapshot(): BulkheadSnapshot;
}

/**
 * Bounds how many calls run at once and how many wait for it. A call that finds a permit free, and nobody waiting for it, goes on in
 * the same turn; otherwise it waits in a bounded queue for at most `queueTimeoutMs`. A permit that comes back goes to whoever is
 * next, and no later call can take it in between. A call that is cancelled while it waits leaves the queue, and its room, at once.
 *
 * Rejects with {@link BulkheadFullError} when there is no room to wait, with {@link QueueTimeoutError} when the wait was too long.
 *
 * It does not bound work that goes on after its call has ended, unless `holdUntilSettled`; it holds in this process alone; and an
 * operation that calls through the same bulkhead again takes a second permit, so nesting deeper than the permits reach ends in
 * time-outs.
 * @throws {ConfigError} for options out of range, or at odds with each other.
 */
export function bulkhead(options?: BulkheadOptions): Bulkhead {
  return new PermitGuard(options);
}
