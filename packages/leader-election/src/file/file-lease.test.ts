import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { never } from '../../test/contract/records.ts';
import { storeContract } from '../../test/store-contract.ts';
import { fileLease } from './file-lease.ts';

storeContract('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-file-lease-'));
  const [store, otherStore] = [fileLease({ folder }), fileLease({ folder })];
  return {
    store,
    otherStore,
    remove: async (name) => void (await otherStore.remove(name, never)),
    close: () => rm(folder, { recursive: true, maxRetries: 5 }),
  };
});

test.each([
  ['no folder', {}, 'folder'],
  ['a relative path', { folder: 'leases' }, 'folder'],
  ['an empty path', { folder: '' }, 'folder'],
  ['a number', { folder: 1 }, 'folder'],
  ['an option it does not know', { folder: '/leases', path: '/leases' }, 'path'],
])('refuses %s', (_what, options, option) => {
  expect(() => fileLease(options as { folder: string })).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'fileLease', option }),
  );
});

test('touches no file before it is asked something', () => {
  expect(fileLease({ folder: '/nowhere/at/all' }).kind).toBe('file');
});
