import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { get, heldBy, never, put, renewed } from '../../test/contract/records.ts';
import type { LeaseChange } from '../store.ts';
import { BEGUN, positionFile } from './names.ts';
import { FileStore } from './file-store.ts';

const NOW_MS = 1_795_253_400_000;

let above = '';
let root = '';
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'holdfast-file-store-'));
  root = join(above, 'leases');
});
afterEach(() => rm(above, { recursive: true, maxRetries: 5 }));

const storeAt = (nowMs: number): FileStore => new FileStore(root, () => nowMs);

test('keeps a lease in a folder of its own, in one file', async () => {
  const store = storeAt(NOW_MS);
  const first = await put(store, 'billing', undefined, heldBy('a'));
  await put(store, 'billing', first, renewed(first));

  expect(await readdir(root)).toEqual(['billing']);
  expect((await readdir(join(root, 'billing'))).toSorted()).toEqual([positionFile(1), BEGUN]);
  expect(await readFile(join(root, 'billing', positionFile(1)), 'utf8')).toContain('"holder":"a"');
});

test('counts revisions from the microseconds of the clock, and goes on from there whatever the clock says', async () => {
  const first = await put(storeAt(NOW_MS), 'a', undefined, heldBy('e'));
  const second = await put(storeAt(0), 'a', first, renewed(first));
  await storeAt(0).remove('a', never);
  const third = await put(storeAt(0), 'a', undefined, heldBy('e'));

  expect([first, second, third].map(({ revision }) => revision - 1_795_253_400_000_000n)).toEqual([0n, 1n, 3n]);
});

test('begins above the revisions of a lease whose folder was deleted', async () => {
  const first = await put(storeAt(NOW_MS), 'a', undefined, heldBy('e'));
  const second = await put(storeAt(NOW_MS), 'a', first, renewed(first));
  await rm(join(root, 'a'), { recursive: true });

  expect(await storeAt(NOW_MS).read('a', never)).toBeUndefined();
  expect(await storeAt(NOW_MS).write('a', second, renewed(second), never)).toBeUndefined();
  const anew = await put(storeAt(NOW_MS + 1), 'a', undefined, heldBy('e'));

  expect(anew.revision).toBeGreaterThan(second.revision);
  // Both lie at a position where the other's would lie too.
  expect(await storeAt(NOW_MS).write('a', first, renewed(first), never)).toBeUndefined();
});

test('begins with 1 at the least', async () => {
  expect((await put(storeAt(-5), 'a', undefined, heldBy('e'))).revision).toBe(1n);
});

test('deletes a lease whoever holds it, and says whether there was one', async () => {
  const store = storeAt(NOW_MS);
  expect(await store.remove('a', never)).toBe(false);
  await put(store, 'a', undefined, heldBy('e'));

  expect(await store.remove('a', never)).toBe(true);

  expect(await store.remove('a', never)).toBe(false);
  expect(await store.read('a', never)).toBeUndefined();
});

test('deletes a lease that is renewed at the same time', async () => {
  const [store, other] = [storeAt(NOW_MS), storeAt(NOW_MS)];
  let last = await put(store, 'a', undefined, heldBy('e'));
  const renewing = (async () => {
    for (;;) {
      const next = await store.write('a', last, renewed(last), never);
      if (next === undefined) return;
      last = next;
    }
  })();

  expect(await other.remove('a', never)).toBe(true);
  await renewing;

  expect(await store.read('a', never)).toBeUndefined();
});

test.each(['', '..', 'a/b', 'Billing', '.hidden'])('refuses the name %j, and makes nothing of it', async (name) => {
  const error: unknown = await storeAt(NOW_MS)
    .write(name, undefined, heldBy('e'), never)
    .catch((error: unknown) => error);

  expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'invalid', mayBeWritten: false });
  expect(await readdir(above)).toEqual([]);
});

test('says where it found something that is no lease, and does not write over it', async () => {
  await mkdir(join(root, 'a'), { recursive: true });
  await writeFile(join(root, 'a', positionFile(3)), 'shopping list');

  const error: unknown = await storeAt(NOW_MS)
    .read('a', never)
    .catch((error: unknown) => error);

  expect(error).toMatchObject({ fault: 'invalid', mayBeWritten: false });
  for (const part of [join(root, 'a'), positionFile(3), 'shopping list']) expect(String(error)).toContain(part);
  await expect(storeAt(NOW_MS).write('a', undefined, heldBy('e'), never)).rejects.toMatchObject({ fault: 'invalid' });
  expect(await readdir(join(root, 'a'))).toEqual([positionFile(3)]);
});

test('refuses a lease of which single files were deleted, for nobody can know what it was', async () => {
  await put(storeAt(NOW_MS), 'a', undefined, heldBy('e'));
  await rm(join(root, 'a', positionFile(0)));

  await expect(storeAt(NOW_MS).read('a', never)).rejects.toMatchObject({ fault: 'invalid', mayBeWritten: false });
});

test('leaves files of others alone', async () => {
  const first = await put(storeAt(NOW_MS), 'a', undefined, heldBy('e'));
  await writeFile(join(root, 'a', 'notes.txt'), 'mine');

  await put(storeAt(NOW_MS), 'a', first, renewed(first));

  expect((await readdir(join(root, 'a'))).toSorted()).toEqual([positionFile(1), BEGUN, 'notes.txt']);
});

test('waits for the folder above to appear', async () => {
  const store = new FileStore(join(above, 'volume', 'leases'));
  await expect(store.read('a', never)).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });

  await mkdir(join(above, 'volume'));

  expect(await store.read('a', never)).toBeUndefined();
});

test('says that a file is no folder', async () => {
  await writeFile(root, '');

  await expect(storeAt(NOW_MS).read('a', never)).rejects.toMatchObject({ fault: 'invalid' });
  await expect(storeAt(NOW_MS).write('a', undefined, heldBy('e'), never)).rejects.toMatchObject({ fault: 'invalid' });
  await expect(storeAt(NOW_MS).watch('a', undefined, () => {}, never)).rejects.toMatchObject({ fault: 'invalid' });
});

test('leaves no ticket of writes that were called off', async () => {
  const store = storeAt(NOW_MS);
  const first = await put(store, 'a', undefined, heldBy('e'));
  for (let turns = 0; turns < 40; turns++) {
    const aborting = new AbortController();
    const writing = store.write('a', first, renewed(first), aborting.signal).catch(() => undefined);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => void setImmediate(resolve));
    aborting.abort();
    await writing;
  }

  await vi.waitFor(async () => expect((await readdir(join(root, 'a'))).filter((file) => file.endsWith('.ticket'))).toEqual([]));
});

test('watches a lease until its folder is deleted, and says so', async () => {
  const store = storeAt(NOW_MS);
  const first = await put(store, 'a', undefined, heldBy('e'));
  const told: LeaseChange[] = [];
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const ended = store.watch(
    'a',
    first,
    (change) => {
      told.push(change);
      resolve();
    },
    never,
  );
  await begun;
  expect(told).toEqual([{ type: 'alive' }]);

  await rm(join(root, 'a'), { recursive: true });

  await ended;
  expect(told.at(-1)).toEqual({ type: 'hint' });
});

test('ends a watch whose folder was moved away, though there is another in its place', async () => {
  const store = storeAt(NOW_MS);
  const first = await put(store, 'a', undefined, heldBy('e'));
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const ended = store.watch('a', first, () => resolve(), never);
  await begun;

  await rename(join(root, 'a'), join(above, 'old'));
  await put(store, 'a', undefined, heldBy('e'));

  await ended;
  expect((await get(store, 'a')).holder).toBe('e');
});

test('hints once at a write, whatever comes and goes for it', async () => {
  const [store, other] = [storeAt(NOW_MS), storeAt(NOW_MS)];
  let last = await put(store, 'a', undefined, heldBy('e'));
  const told: LeaseChange[] = [];
  const watching = new AbortController();
  const ended = store.watch('a', last, (change) => void told.push(change), watching.signal);
  const hints = (): number => told.filter(({ type }) => type === 'hint').length;
  await vi.waitFor(() => expect(told).toEqual([{ type: 'alive' }]));

  for (let write = 1; write <= 5; write++) {
    last = await put(other, 'a', last, renewed(last));
    await vi.waitFor(() => expect(hints()).toBe(write));
  }
  watching.abort();
  await ended;

  expect(hints()).toBe(5);
});
