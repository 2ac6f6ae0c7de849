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
