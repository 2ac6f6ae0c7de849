import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MemoryStore, OVERHEAD_BYTES } from './memory-store.ts';

const entry = (value: unknown) => ({ value, storedAt: 0, spread: 0 });
const none = { maxEntries: 100, maxBytes: Infinity };
/** What a key of one letter costs besides its value. */
const EACH = OVERHEAD_BYTES + 2;

describe('a memory store', () => {
  test('keeps what it is given, whatever the key is called', () => {
    const store = new MemoryStore(none, undefined);
    for (const key of ['__proto__', 'constructor', '']) {
      expect(store.get(key)).toBeUndefined();
      store.set(key, entry(key));
      expect(store.get(key)).toEqual(entry(key));
    }
    expect(store.entries).toBe(3);
    store.delete('__proto__');
    store.delete('missing');
    expect(store.get('__proto__')).toBeUndefined();
    store.clear();
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });

  test('lets go of what was used least recently; to be looked at is no use', () => {
    const store = new MemoryStore({ ...none, maxEntries: 2 }, undefined);
    store.set('a', entry(1));
    store.set('b', entry(2));
    store.get('a');
    store.peek('b');
    store.set('c', entry(3));
    expect(['a', 'b', 'c'].map((key) => store.peek(key)?.value)).toEqual([1, undefined, 3]);
  });

  test('is bounded by bytes, what a key takes included', () => {
    const store = new MemoryStore({ ...none, maxBytes: 2 * EACH + 100 }, (value) => value as number);
    store.set('a', entry(50));
    store.set('b', entry(50));
    expect([store.entries, store.bytes]).toEqual([2, 2 * EACH + 100]);
    store.set('b', entry(51));
    expect([store.entries, store.bytes]).toEqual([1, EACH + 51]);
    expect(store.peek('a')).toBeUndefined();
  });

  test('does not keep what is larger than all there may be, nor what it was to replace', () => {
    const store = new MemoryStore({ ...none, maxBytes: 1_000 }, undefined);
    store.set('a', entry('small'));
    store.set('b', entry('small'));
    store.set('a', entry('x'.repeat(1_000)));
    expect([store.peek('a'), store.peek('b')?.value]).toEqual([undefined, 'small']);
  });

  test('with the least room there may be keeps the smallest entry there is', () => {
    const store = new MemoryStore({ ...none, maxBytes: OVERHEAD_BYTES }, () => 0);
    store.set('', entry(1));
    expect([store.entries, store.bytes]).toEqual([1, OVERHEAD_BYTES]);
  });

  test('when it gets less room lets go at once', () => {
    const store = new MemoryStore(none, () => 100);
    for (const key of ['a', 'b', 'c', 'd']) store.set(key, entry(key));
    store.resize({ ...none, maxEntries: 3 });
    expect(store.entries).toBe(3);
    store.resize({ ...none, maxBytes: EACH + 100 });
    expect([store.entries, store.peek('d')?.value]).toEqual([1, 'd']);
  });

  test('moves what is used in the order of use, and leaves the map of all as it is', () => {
    const store = new MemoryStore({ ...none, maxEntries: 3 }, undefined);
    for (const key of ['a', 'b', 'c']) store.set(key, entry(key));
    const spies = (['set', 'delete', 'keys', 'values', 'entries', Symbol.iterator] as const).map((method) =>
      vi.spyOn(Map.prototype, method),
    );
    onTestFinished(() => void vi.restoreAllMocks());

    store.get('a');
    // A Map keeps a hole for what was deleted, and walks over it before the first key that is left.
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0, 0, 0]);

    store.set('d', entry('d'));
    const [, , ...walks] = spies.map(({ mock }) => mock.calls.length);
    expect(walks).toEqual([0, 0, 0, 0]);
    expect(['a', 'b', 'c', 'd'].map((key) => store.peek(key)?.value)).toEqual(['a', undefined, 'c', 'd']);
  });

  test('that was cleared begins anew', () => {
    const store = new MemoryStore({ ...none, maxEntries: 2 }, undefined);
    for (const key of ['a', 'b']) store.set(key, entry(key));
    store.clear();
    for (const key of ['c', 'd', 'e']) store.set(key, entry(key));
    expect([store.entries, store.peek('c'), store.peek('e')?.value]).toEqual([2, undefined, 'e']);
  });

  test.each([[NaN], [-1], ['1']])('throws when sizeOf answers %o, and keeps nothing', (bytes) => {
    const store = new MemoryStore(none, () => bytes as number);
    expect(() => store.set('a', entry(1))).toThrow(TypeError);
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });
});
