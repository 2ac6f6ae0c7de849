import { afterAll, beforeAll, vi } from 'vitest';
import { leaseTableSql, postgresLease } from '../../src/postgres.ts';
import type { PostgresPool } from '../../src/postgres.ts';
import { storeContract } from '../store-contract.ts';
import type { StoreEnvironment } from '../store-contract.ts';
import { assertSoon, patienceMs, TestServer } from './server.ts';

vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });
let server: TestServer;
let pools: readonly [PostgresPool, PostgresPool];

beforeAll(async () => {
  server = await TestServer.start();
  await server.run(leaseTableSql());
  pools = [server.pool(), server.pool()];
});

afterAll(() => server[Symbol.asyncDispose]());

storeContract('postgres', () => environment({}), { timeoutMs: patienceMs });
const listen = () => server.client({ application_name: 'listening' });
storeContract('postgres, listening', () => environment({ listen }), { timeoutMs: patienceMs });

function environment(options: Pick<Parameters<typeof postgresLease>[0], 'listen'>): StoreEnvironment {
  const [pool, otherPool] = pools;
  return {
    store: postgresLease({ pool, ...options }),
    otherStore: postgresLease({ pool: otherPool, ...options }),
    remove: async (name) => void (await pool.query('DELETE FROM holdfast_leases WHERE name = $1', [name])),
    close: async () => {
      if (options.listen === undefined) return;
      await assertSoon(() => server.connections('listening'), 'a watch left its connection open').toBe(0);
    },
  };
}
