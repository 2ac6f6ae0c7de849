import { ConfigError } from '@holdfast/core';
import { expect, test } from 'vitest';
import type { PostgresPool } from './client.ts';
import { postgresLease } from './postgres-lease.ts';
import type { PostgresLeaseOptions } from './postgres-lease.ts';

const pool: PostgresPool = { query: () => Promise.reject(new Error('not asked')) };

const wrong: readonly { readonly option: string; readonly options: object }[] = [
  { option: 'pool', options: {} },
  { option: 'pool', options: { pool: 'postgres://localhost' } },
  { option: 'pool', options: { pool: {} } },
  { option: 'listen', options: { pool, listen: {} } },
  { option: 'table', options: { pool, table: 'a; DROP' } },
  { option: 'table', options: { pool, table: 7 } },
  { option: 'createTable', options: { pool, createTable: 'yes' } },
  { option: 'lockTimeoutMs', options: { pool, lockTimeoutMs: 0 } },
  { option: 'lockTimeoutMs', options: { pool, lockTimeoutMs: 1.5 } },
  { option: 'lockTimeoutMs', options: { pool, lockTimeoutMs: 2 ** 31 } },
  { option: 'notify', options: { pool, notify: 1 } },
  { option: 'clock', options: { pool, clock: {} } },
  { option: 'tables', options: { pool, tables: 'a' } },
];

test.each(wrong)('refuses $option of $options', ({ option, options }) => {
  const make = (): unknown => postgresLease(options as PostgresLeaseOptions);

  expect(make).toThrow(ConfigError);
  expect(make).toThrow(expect.objectContaining({ option }));
});

test('sends nothing before it is asked', () => {
  expect(postgresLease({ pool }).kind).toBe('postgres');
});

test('what a client rejects with is a store error, also where it is no error at all', async () => {
  for (const thrown of [new Error('closed'), 'closed', undefined, null] as unknown[]) {
    const store = postgresLease({
      pool: { query: () => Promise.reject(thrown) },
    });
    await expect(store.read('x', new AbortController().signal)).rejects.toMatchObject({
      fault: 'unreachable',
      mayBeWritten: false,
    });
  }
});
