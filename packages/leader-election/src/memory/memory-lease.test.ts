import { expect, test } from 'vitest';
import { heldBy, never, put, released, renewed } from '../../test/contract/environment.ts';
import { storeContract } from '../../test/store-contract.ts';
import type { LeaseChange } from '../store.ts';
import { memoryLease } from './memory-lease.ts';

storeContract('memory', () => {
  const store = memoryLease();
  return {
    store,
    remove: async (name) => void store.remove(name),
    close: async () => {},
  };
});

test('counts the revisions of each name from 1, deletions too', async () => {
  const store = memoryLease();
  const first = await put(store, 'a', undefined, heldBy('e'));
  const second = await put(store, 'a', first, renewed(first));

  expect(store.remove('a')).toBe(true);
  expect(store.remove('a')).toBe(false);

  const third = await put(store, 'a', undefined, heldBy('e'));
  const elsewhere = await put(store, 'b', undefined, heldBy('e'));
  expect([first, second, third, elsewhere].map(({ revision }) => revision)).toEqual([1n, 2n, 4n, 1n]);
});

test('keeps two stores apart', async () => {
  const store = memoryLease();
  await put(store, 'a', undefined, heldBy('e'));

  expect(await memoryLease().read('a', never)).toBeUndefined();
});

test('gives leases nobody can change', async () => {
  const store = memoryLease();
  const record = { ...heldBy('e'), stray: true };

  const lease = await put(store, 'a', undefined, record);
  record.holder = 'changed';

  expect(Object.isFrozen(lease)).toBe(true);
  expect(lease).toEqual({ ...heldBy('e'), revision: 1n });
});

test('tells a watch of every change, in order and within the microtasks that follow it', async () => {
  const store = memoryLease();
  const told: LeaseChange[] = [];
  const watching = new AbortController();
  const ended = store.watch('a', undefined, (change) => void told.push(change), watching.signal);
  expect(told).toEqual([]);

  const first = await put(store, 'a', undefined, heldBy('e'));
  const second = await put(store, 'a', first, released(first));
  store.remove('a');
  await Promise.resolve();

  expect(told).toEqual([
    { type: 'alive' },
    { type: 'written', lease: first },
    { type: 'written', lease: second },
    { type: 'deleted', revision: 3n },
  ]);
  watching.abort();
  store.remove('a');
  await ended;
  expect(told).toHaveLength(4);
});

test('carries requests out in the order they were made', async () => {
  const store = memoryLease();
  const first = await put(store, 'a', undefined, heldBy('e'));

  const [, read, refused] = await Promise.all([
    store.write('a', first, renewed(first), never),
    store.read('a', never),
    store.write('a', first, renewed(first), never),
  ]);

  expect(read?.revision).toBe(2n);
  expect(refused).toBeUndefined();
});
