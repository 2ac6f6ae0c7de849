export type { PostgresListener, PostgresNotification, PostgresPool, PostgresRows } from './postgres/client.ts';
export { fencedBy } from './postgres/fence.ts';
export type { FencedTerm, FenceOptions, FenceQuery } from './postgres/fence.ts';
export { postgresLease } from './postgres/postgres-lease.ts';
export type { PostgresLeaseOptions } from './postgres/postgres-lease.ts';
export { leaseTableSql } from './postgres/table.ts';
