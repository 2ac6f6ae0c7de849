import { expect, test } from 'vitest';
import type { Lease } from '../../src/lease.ts';
import type { LeaseStore } from '../../src/store.ts';
import { deletable, get, heldBy, never, put, released, renewed } from './environment.ts';
import type { Bench, Skip } from './environment.ts';
import { Watching } from './watching.ts';

/** What a follower may rely on. A store that only hints passes too, if it hints whenever something changed. */
export function watchTests(bench: () => Bench): void {
  test('tells a watch of the writes of others', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    const first = await put(other, name, undefined, heldBy('a'));
    const watch = watching(store, name, await get(store, name));

    let last = first;
    for (let renewal = 0; renewal < 3; renewal++) {
      last = await put(other, name, last, renewed(last));
      await watch.untilWritten(last.revision);
    }
    last = await put(other, name, last, released(last, 'b'));
    await watch.untilWritten(last.revision);

    assertInOrder(watch, first.revision);
  });

  test('tells a watch of the writes of its own store', async ({ skip }) => {
    const { store, name, watching } = watchable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    const watch = watching(store, name, first);

    const second = await put(store, name, first, renewed(first));

    await watch.untilWritten(second.revision);
    assertInOrder(watch, first.revision);
  });

  test('tells a watch what happened between the read and its beginning', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    const first = await put(other, name, undefined, heldBy('a'));
    const seen = await get(store, name);
    const second = await put(other, name, first, renewed(first));

    const watch = watching(store, name, seen);

    await watch.untilWritten(second.revision);
    assertInOrder(watch, seen.revision);
  });

  test('tells a watch of a lease that is made', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    expect(await store.read(name, never)).toBeUndefined();
    const watch = watching(store, name, undefined);

    const first = await put(other, name, undefined, heldBy('a'));

    await watch.untilWritten(first.revision);
  });

  test('tells a watch of a lease that was made between the read and its beginning', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    expect(await store.read(name, never)).toBeUndefined();
    const first = await put(other, name, undefined, heldBy('a'));

    const watch = watching(store, name, undefined);

    await watch.untilWritten(first.revision);
  });

  test('tells several watches, of either store', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    const watches = [store, store, other].map((one) => watching(one, name, first));

    const second = await put(store, name, first, renewed(first));

    await Promise.all(watches.map((watch) => watch.untilWritten(second.revision)));
    for (const watch of watches) assertInOrder(watch, first.revision);
  });

  test('tells a watch only of its own lease', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    const watch = watching(store, name, first);

    for (const alike of [`${name}-2`, `${name}.2`]) await put(other, alike, undefined, heldBy('stranger'));
    const second = await put(other, name, await get(other, name), renewed(first));
    await watch.untilWritten(second.revision);

    const told = watch.changes.filter((change) => change.type !== 'hint' && change.type !== 'alive');
    for (const change of told) expect(change).toMatchObject({ type: 'written', lease: { holder: 'a' } });
  });

  test('ends a watch when its signal aborts, and tells it nothing more', async ({ skip }) => {
    const { store, other, name, watching } = watchable(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    const watch = watching(store, name, first);
    const second = await put(other, name, await get(other, name), renewed(first));
    await watch.untilWritten(second.revision);

    const writing = put(other, name, second, renewed(second));
    watch.abort();
    const told = watch.changes.length;
    const third = await writing;
    await watch.ended;

    // A second watch says when the first would have heard.
    const later = watching(store, name, second);
    await later.untilWritten(third.revision);
    expect(watch.changes).toHaveLength(told);
  });

  test('ends a watch at once whose signal was aborted before', async ({ skip }) => {
    const { store, name } = watchable(bench(), skip);
    await put(store, name, undefined, heldBy('a'));
    let told = 0;

    await store.watch!(name, undefined, () => void (told += 1), AbortSignal.abort());

    expect(told).toBe(0);
  });

  test('ends a watch whose signal aborts while it begins', async ({ skip }) => {
    const { store, name, watching } = watchable(bench(), skip);
    const watches = Array.from({ length: 10 }, () => watching(store, name, undefined));
    for (const watch of watches) watch.abort();

    await Promise.all(watches.map((watch) => watch.ended));
    expect(watches.flatMap(({ changes }) => changes)).toEqual([]);
  });

  test('tells a watch of a deletion, and of the lease made anew', async ({ skip }) => {
    const { watching, ...present } = watchable(bench(), skip);
    const { store, other, remove, name } = deletable(present, skip);
    const first = await put(store, name, undefined, heldBy('a'));
    const watch = watching(store, name, first);

    await remove(name);
    await watch.untilDeleted();
    const anew = await put(other, name, undefined, heldBy('b'));
    await watch.untilWritten(anew.revision);

    assertInOrder(watch, first.revision);
  });

  test('tells a watch of a deletion between the read and its beginning', async ({ skip }) => {
    const { watching, ...present } = watchable(bench(), skip);
    const { store, remove, name } = deletable(present, skip);
    const first = await put(store, name, undefined, heldBy('a'));
    await remove(name);

    const watch = watching(store, name, first);

    await watch.untilDeleted();
    expect(watch.changes.filter(({ type }) => type === 'written')).toEqual([]);
  });
}

type Watch = (store: LeaseStore, name: string, seen: Lease | undefined) => Watching;

/** Watches of its are stopped when the test ends. */
function watchable(bench: Bench, skip: Skip): Bench & { readonly watching: Watch } {
  skip(bench.store.watch === undefined, 'no watch');
  const watching: Watch = (store, name, seen) => {
    const watch = new Watching(store, name, seen);
    bench.atEnd(() => watch.stop());
    return watch;
  };
  return { ...bench, watching };
}

/** All that was told is newer than what was seen, and each is no older than the one before. */
function assertInOrder(watch: Watching, seen: bigint): void {
  let last = seen;
  for (const change of watch.changes) {
    if (change.type !== 'written' && change.type !== 'deleted') continue;
    const revision = change.type === 'written' ? change.lease.revision : change.revision;
    expect(revision).toBeGreaterThanOrEqual(last);
    last = revision;
  }
}
