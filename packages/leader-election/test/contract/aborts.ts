import { expect, test } from 'vitest';
import { LeaseStoreError } from '../../src/store.ts';
import { recordOf } from '../../src/elector/record.ts';
import { get, heldBy, never, put, renewed } from './environment.ts';
import type { Bench } from './environment.ts';

/** What becomes of a request nobody waits for any more. That nothing of it stays behind is seen by the environment's `close`. */
export function abortTests(bench: () => Bench): void {
  test('rejects a read whose signal was aborted before', async () => {
    const { store, name } = bench();

    expect(await failure(store.read(name, AbortSignal.abort()))).toBeInstanceOf(Error);
  });

  test('rejects a write whose signal was aborted before, and writes nothing', async () => {
    const { store, name } = bench();

    const error = await failure(store.write(name, undefined, heldBy('a'), AbortSignal.abort()));

    expect(error).not.toMatchObject({ name: 'LeaseStoreError', mayBeWritten: true });
    expect(await store.read(name, never)).toBeUndefined();
  });

  test('rejects a read as soon as its signal aborts, and can be read again', async () => {
    const { store, name } = bench();
    await put(store, name, undefined, heldBy('a'));
    const reading = new AbortController();

    const read = failure(store.read(name, reading.signal));
    reading.abort();

    await read;
    expect(recordOf(await get(store, name))).toEqual(heldBy('a'));
  });

  test('rejects a write as soon as its signal aborts; what it wrote, if it did, is whole', async () => {
    const { store, name } = bench();
    const first = await put(store, name, undefined, heldBy('a'));
    const writing = new AbortController();

    const write = failure(store.write(name, first, renewed(first), writing.signal));
    writing.abort();

    const error = await write;
    const read = recordOf(await get(store, name));
    const certainlyNot = error instanceof LeaseStoreError && !error.mayBeWritten;
    expect(certainlyNot ? [recordOf(first)] : [recordOf(first), renewed(first)]).toContainEqual(read);
  });

  test('is none the worse for many requests that were aborted', async () => {
    const { store, name } = bench();
    await put(store, name, undefined, heldBy('a'));

    for (let round = 0; round < 20; round++) {
      const aborting = new AbortController();
      const seen = await get(store, name);
      const requests = [store.read(name, aborting.signal), store.write(name, seen, renewed(seen), aborting.signal)];
      aborting.abort();
      expect((await Promise.allSettled(requests)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    }

    // A write that was on its way may still arrive, and come between; not for ever.
    let written = undefined;
    for (let attempt = 0; written === undefined && attempt < 50; attempt++) {
      const seen = await get(store, name);
      written = await store.write(name, seen, heldBy('a', { termId: 'a.2' }), never);
    }
    expect(recordOf(await get(store, name))).toEqual(heldBy('a', { termId: 'a.2' }));
  });
}

async function failure(request: Promise<unknown>): Promise<unknown> {
  try {
    await request;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a rejection: nobody waited for the answer');
}
