export { memoryLease } from './memory/memory-lease.ts';
export type { MemoryLease } from './memory/memory-lease.ts';
