export { bulkhead } from './bulkhead.ts';
export type { Bulkhead } from './bulkhead.ts';
export { BulkheadFullError, QueueTimeoutError } from './errors.ts';
export type { BulkheadOptions } from './options.ts';
export type { BulkheadSnapshot } from './snapshot.ts';
export type { Limits as BulkheadLimits } from './pool.ts';
