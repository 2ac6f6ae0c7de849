import type { Client, Pool, PoolClient } from 'pg';
import { expectTypeOf } from 'vitest';
import type { FenceQuery, PostgresLeaseOptions, PostgresListener, PostgresPool } from '../../src/postgres.ts';

declare const pool: Pool;
declare const fence: FenceQuery;

// The clients of pg are given as they are.
expectTypeOf<Pool>().toExtend<PostgresPool>();
expectTypeOf<Client>().toExtend<PostgresPool>();
expectTypeOf<PoolClient>().toExtend<PostgresPool>();
expectTypeOf<Client>().toExtend<PostgresListener>();
expectTypeOf({ pool, listen: (): Promise<Client> => Promise.reject(new Error()) }).toExtend<PostgresLeaseOptions>();
expectTypeOf(pool.query(fence)).resolves.toHaveProperty('rows');

// And what is none is not.
expectTypeOf<{ query(text: string): Promise<void> }>().not.toExtend<PostgresPool>();
expectTypeOf<Pool>().not.toExtend<PostgresListener>();
