import { HoldfastError } from '@holdfast/core';

declare module '@holdfast/core' {
  interface HoldfastErrors {
    HOLDFAST_BULKHEAD_FULL: BulkheadFullError;
    HOLDFAST_QUEUE_TIMEOUT: QueueTimeoutError;
    HOLDFAST_RATE_LIMITED: RateLimitedError;
  }
}

/** All permits are taken and the queue has no room, or none for this call: it was not made. */
export class BulkheadFullError extends HoldfastError {
  override readonly name = 'BulkheadFullError';
  readonly code = 'HOLDFAST_BULKHEAD_FULL';
  /** The limits as they were then. */
  readonly concurrency: number;
  readonly queue: number;
  /** Whether this call had waited, and gave its place to one that goes before it. */
  readonly evicted: boolean;

  constructor(policy: string, concurrency: number, queue: number, evicted: boolean) {
    const outcome = evicted ? 'gave its place in the queue to another call' : 'no permit for this call and no room to wait';
    super(`${policy}: ${outcome} (concurrency ${concurrency}, queue ${queue})`, policy);
    this.concurrency = concurrency;
    this.queue = queue;
    this.evicted = evicted;
  }
}

/** The call waited for a permit as long as it may; it was not made. */
export class QueueTimeoutError extends HoldfastError {
  override readonly name = 'QueueTimeoutError';
  readonly code = 'HOLDFAST_QUEUE_TIMEOUT';
  /** The longest wait allowed, in milliseconds. */
  readonly queueTimeoutMs: number;

  constructor(policy: string, queueTimeoutMs: number) {
    super(`${policy}: no permit became free within ${queueTimeoutMs} ms`, policy);
    this.queueTimeoutMs = queueTimeoutMs;
  }
}

/**
 * Why a call was refused:
 *
 * | reason | meaning |
 * |---|---|
 * | `limit` | the permits are taken, and its turn would come later than it may wait (by default it may not) |
 * | `paused` | the same, and that is so because an outcome asked for fewer calls (`drainOn`): nobody was admitted since |
 * | `queue` | it might have waited, and the queue is full |
 * | `deadline` | it might have waited, and its own time is over by then |
 */
export type RateLimitReason = 'limit' | 'paused' | 'queue' | 'deadline';

/** There is no permit for this call yet, and waiting for one would take longer than it may: it was not made. */
export class RateLimitedError extends HoldfastError {
  override readonly name = 'RateLimitedError';
  readonly code = 'HOLDFAST_RATE_LIMITED';
  readonly reason: RateLimitReason;
  /** Milliseconds after which there will be a permit, if nobody else comes before. */
  declare readonly retryAfterMs: number;
  /** The limit as it was then: so many permits, */
  readonly limit: number;
  /** in so many milliseconds. */
  readonly perMs: number;

  constructor(policy: string, reason: RateLimitReason, retryAfterMs: number, limit: number, perMs: number) {
    super(`${policy}: ${inWords(reason, `its turn would come in ${retryAfterMs} ms`, limit, perMs)}`, policy, retryAfterMs);
    this.reason = reason;
    this.limit = limit;
    this.perMs = perMs;
  }
}

function inWords(reason: RateLimitReason, turn: string, limit: number, perMs: number): string {
  switch (reason) {
    case 'limit':
      return `more than ${limit} in ${perMs} ms; ${turn}`;
    case 'paused':
      return `an outcome asked for fewer calls; ${turn}`;
    case 'queue':
      return `the queue is full; ${turn}`;
    case 'deadline':
      return `${turn}, when its time is over`;
  }
}
