import { HoldfastError } from '@holdfast/core';

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

/** There is no permit for this call yet, and waiting for one would take longer than it may: it was not made. */
export class RateLimitedError extends HoldfastError {
  override readonly name = 'RateLimitedError';
  readonly code = 'HOLDFAST_RATE_LIMITED';
  /** The limit as it was then: so many permits, */
  readonly limit: number;
  /** in so many milliseconds. */
  readonly perMs: number;

  /** @param retryAfterMs after how long there will be a permit, if nobody else comes before. */
  constructor(policy: string, retryAfterMs: number, limit: number, perMs: number) {
    super(`${policy}: more than ${limit} in ${perMs} ms; the next permit is free in ${retryAfterMs} ms`, policy, retryAfterMs);
    this.limit = limit;
    this.perMs = perMs;
  }
}
