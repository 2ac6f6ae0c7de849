import { expect, test } from 'vitest';
import type { LeaseRecord } from '../../src/lease.ts';
import { recordOf } from '../../src/elector/record.ts';
import { deletable, get, heldBy, never, put, released, renewed } from './environment.ts';
import type { Bench } from './environment.ts';

/** What a single elector, or one after the other, may rely on. */
export function writeTests(bench: () => Bench): void {
  test('names its kind', () => {
    expect(bench().store.kind).toMatch(/^\S+$/);
  });

  test('reads nothing where there is no lease', async () => {
    const { store, name } = bench();

    expect(await store.read(name, never)).toBeUndefined();
  });

  test('creates a lease, and reads it from anywhere', async () => {
    const { store, other, name } = bench();

    const written = await put(store, name, undefined, heldBy('a'));

    expect(recordOf(written)).toEqual(heldBy('a'));
    expect(written.revision).toBeGreaterThan(0n);
    for (const reader of [store, other]) {
      const read = await get(reader, name);
      expect(recordOf(read)).toEqual(heldBy('a'));
      expect(read.revision).toBe(written.revision);
    }
  });

  test('creates a lease only once, also for the same elector', async () => {
    const { store, other, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));

    expect(await other.write(name, undefined, heldBy('b'), never)).toBeUndefined();
    expect(await store.write(name, undefined, heldBy('a', { termId: 'a.2' }), never)).toBeUndefined();

    const read = await get(store, name);
    expect(recordOf(read)).toEqual(heldBy('a'));
    expect(read.revision).toBe(first.revision);
  });

  test('writes over the lease that was written last, and over the one that was read', async () => {
    const { store, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));

    const second = await put(store, name, first, renewed(first));
    const third = await put(store, name, await get(store, name), renewed(second));

    expect(third.renewal).toBe(2);
    expect(recordOf(await get(store, name))).toEqual(recordOf(third));
  });

  test('refuses a write over an older revision, and writes nothing', async () => {
    const { store, other, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));
    const second = await put(other, name, await get(other, name), renewed(first));

    expect(await store.write(name, first, heldBy('a', { termId: 'a.2' }), never)).toBeUndefined();

    const read = await get(store, name);
    expect(recordOf(read)).toEqual(recordOf(second));
    expect(read.revision).toBe(second.revision);
  });

  test('refuses the same write a second time', async () => {
    const { store, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));
    const second = await put(store, name, first, renewed(first));

    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();
    expect((await get(store, name)).revision).toBe(second.revision);
  });

  test('takes a write that changes nothing for a write', async () => {
    const { store, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));

    const second = await put(store, name, first, recordOf(first));

    expect(second.revision).toBeGreaterThan(first.revision);
    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();
  });

  test.each(records)('keeps every field: $title', async ({ record }) => {
    const { store, other, name } = bench();
    const free = await put(store, name, undefined, released(heldBy('before')));

    const written = await put(store, name, free, record);

    expect(recordOf(written)).toEqual(record);
    expect(recordOf(await get(other, name))).toEqual(record);
  });

  test('keeps leases apart whose names begin alike', async () => {
    const { store, other, name } = bench();
    const names = [name, `${name}-2`, `${name}.2`, `${name}-20`];
    for (const one of names) await put(store, one, undefined, heldBy(one));

    const second = await get(store, `${name}-2`);
    await put(store, `${name}-2`, second, renewed(second));

    const read = await Promise.all(names.map((one) => get(other, one)));
    expect(read.map(({ holder, renewal }) => ({ holder, renewal }))).toEqual(
      names.map((one) => ({ holder: one, renewal: one === `${name}-2` ? 1 : 0 })),
    );
  });

  test('gives every write a greater revision: renewals, a release, the next term', async () => {
    const { store, other, name } = bench();
    const leases = [await put(store, name, undefined, heldBy('a'))];
    for (let renewal = 0; renewal < 5; renewal++) leases.push(await put(store, name, leases.at(-1), renewed(leases.at(-1)!)));
    leases.push(await put(store, name, leases.at(-1), released(leases.at(-1)!, 'b')));
    leases.push(await put(other, name, await get(other, name), heldBy('b', { transitions: 1 })));

    const revisions = leases.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => (a < b ? -1 : 1)));
    expect((await get(store, name)).revision).toBe(revisions.at(-1));
  });

  test('refuses a write over a lease that was deleted, and does not bring it back', async ({ skip }) => {
    const { store, remove, name } = deletable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    await remove(name);

    expect(await store.read(name, never)).toBeUndefined();
    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();
    expect(await store.read(name, never)).toBeUndefined();
  });

  test('refuses a write over a lease that was deleted and made anew, however alike', async ({ skip }) => {
    const { store, other, remove, name } = deletable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    await remove(name);
    const anew = await put(other, name, undefined, heldBy('a'));

    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();

    expect((await get(store, name)).revision).toBe(anew.revision);
  });

  test('goes on with greater revisions after a deletion', async ({ skip }) => {
    const { store, other, remove, name } = deletable(bench(), skip);
    let last = await put(store, name, undefined, heldBy('a'));
    for (let renewal = 0; renewal < 3; renewal++) last = await put(store, name, last, renewed(last));

    for (const next of [other, store, other]) {
      await remove(name);
      const anew = await put(next, name, undefined, heldBy('b'));
      expect(anew.revision).toBeGreaterThan(last.revision);
      last = anew;
    }
  });
}

const records: readonly { readonly title: string; readonly record: LeaseRecord }[] = [
  { title: 'plain', record: heldBy('worker-1') },
  {
    title: 'large numbers',
    record: heldBy('worker-1', {
      termId: 'worker-1.4000000000',
      renewal: 1_000_000_000,
      durationMs: 30 * 86_400_000,
      transitions: 2_000_000_000,
      acquiredAtMs: 1_800_000_000_001,
      renewedAtMs: 1_800_000_000_999,
      rank: 1_000,
    }),
  },
  { title: 'a duration that is no whole second', record: heldBy('worker-1', { durationMs: 2_500 }) },
  { title: 'identities of any script', record: heldBy('zürich-節点-🦊', { handOffTo: 'Ωmega-\u{1F468}\u200D\u{1F469}' }) },
  {
    title: 'identities with marks',
    record: heldBy(`o'neill "quoted" \\ back\\\\ %s %00 $1 {a} [b] <c> & ; -- # / ? : @ = + *`, {
      handOffTo: '  {"not":"json"}\t\n ',
    }),
  },
  { title: 'long identities', record: heldBy('x'.repeat(1_000), { handOffTo: 'y'.repeat(1_000) }) },
  { title: 'a request to hand off', record: heldBy('worker-1', { rank: 2, handOffTo: 'worker-0' }) },
  { title: 'a release', record: released(heldBy('worker-1', { transitions: 3, rank: 1 })) },
  { title: 'a release with a reservation', record: released(heldBy('worker-1'), 'worker-0') },
];
