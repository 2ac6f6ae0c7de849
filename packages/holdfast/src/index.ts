export { resilient } from './resilient.ts';
export type { Part, ResilientOptions } from './resilient.ts';
export * from '@holdfast/core';
export * from '@holdfast/circuit-breaker';
export * from '@holdfast/bulkhead';
export * from '@holdfast/deadline';
export * from '@holdfast/retry';
export * from '@holdfast/fallback';
