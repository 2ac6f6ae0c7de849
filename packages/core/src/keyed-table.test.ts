import { expect, onTestFinished, test, vi } from 'vitest';
import { KeyedTable } from './keyed-table.ts';
import type { KeyedTableOptions } from './keyed-table.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

/** A table of the keys' labels, and a short way to use it. */
function tableOf(options: Partial<KeyedTableOptions> = {}) {
  const clock = new VirtualClock();
  const made: string[] = [];
  const table = new KeyedTable(
    (key, label) => {
      if (key === 'bad') throw new Error('none');
      made.push(key);
      return label;
    },
    { max: 2, idleMs: 100, maxLabels: 10, clock, ...options },
  );
  const use = (...keys: string[]): string[] =>
    keys.map((key) => {
      const entry = table.enter(key);
      table.leave(entry);
      return entry.value;
    });
  return { clock, made, table, use, kept: () => table.entries().map(({ key }) => key) };
}

test('the key idle for longest goes first', () => {
  const { use, kept } = tableOf();
  use('a', 'b', 'a', 'c');
  expect(kept()).toEqual(['a', 'c']);
});

test.each([
  [99, 1],
  [100, 2],
])('a key idle for %s ms has been made %s times when it comes again', async (ms, times) => {
  const { clock, use, made } = tableOf();
  use('a');
  await clock.advance(ms);
  use('a');
  expect(made).toHaveLength(times);
});

test('a key that is idle for too long goes when another one comes, and not its neighbour', async () => {
  const { clock, use, kept, table } = tableOf({ max: 9 });
  use('a');
  await clock.advance(60);
  use('b');
  await clock.advance(40);
  expect(table.size).toBe(2); // until the next use
  use('c');
  expect(kept()).toEqual(['b', 'c']);
});

test('keys in use are kept, beyond the bound, and listed last', () => {
  const { table, use, kept } = tableOf({ max: 1 });
  const [a, b] = [table.enter('a'), table.enter('b')];
  expect(kept()).toEqual(['a', 'b']);
  table.leave(a);
  expect(kept()).toEqual(['b']);
  table.leave(b);
  use('c');
  expect(kept()).toEqual(['c']);
});

test('a key is in use until the last of its calls has left', async () => {
  const { clock, table, kept } = tableOf();
  const first = table.enter('a');
  const second = table.enter('a');
  expect(second).toBe(first);
  table.leave(first);
  await clock.advance(1_000);
  table.leave(table.enter('b'));
  expect(kept()).toEqual(['b', 'a']);
  table.leave(second);
  expect([table.peek('a'), table.peek('c')]).toEqual(['a', undefined]);
});

test('the first keys have labels of their own, for ever; the empty key has a name', async () => {
  const { use, clock } = tableOf({ maxLabels: 2, max: 1 });
  expect(use('', 'a', 'b', 'a', '')).toEqual(['_none', 'a', '_other', 'a', '_none']);
  await clock.advance(1_000);
  expect(use('a', 'b')).toEqual(['a', '_other']);
});

test('without labels all share one', () => {
  expect(tableOf({ maxLabels: 0 }).use('a', 'b')).toEqual(['_other', '_other']);
});

test('a key for which nothing can be made leaves nothing, and takes no label', () => {
  const { use, table } = tableOf({ maxLabels: 1 });
  expect(() => use('bad')).toThrow('none');
  expect(table.size).toBe(0);
  expect(use('a')).toEqual(['a']);
});

/** The keys `k0`, `k1` and so on. */
const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);

test('the use of a key that is kept touches its neighbours in the order of use alone, however many there are', () => {
  const { table, use } = tableOf({ max: 1_000 });
  use(...keys(1_000));
  const linksOf = (): unknown[][] => table.entries().map(({ key, previous, next }) => [key, previous, next]);
  const before = new Map(linksOf().map(([key, ...links]) => [key, links]));
  const spies = (['set', 'delete', 'keys', 'values', 'entries', Symbol.iterator] as const).map((method) =>
    vi.spyOn(Map.prototype, method),
  );
  onTestFinished(() => void vi.restoreAllMocks());

  use('k500');

  // A Map keeps a hole for what was deleted, and walks over it before the first key that is left.
  const calls = spies.map(({ mock }) => mock.calls.length);
  expect(calls).toEqual([0, 0, 0, 0, 0, 0]);
  const touched = linksOf().filter(([key, ...links]) => links.some((link, index) => link !== before.get(key)![index]));
  expect(touched.map(([key]) => key)).toEqual(['k499', 'k501', 'k999', 'k500']);
});

test('of many keys idle for too long one use forgets a few, and those that follow the others', async () => {
  const { clock, table, use, kept } = tableOf({ max: 100 });
  const held = table.enter('held');
  use(...keys(99));
  await clock.advance(100);

  table.leave(table.enter('held'));
  expect(kept()).toEqual([...keys(99).slice(8), 'held']);

  table.leave(held);
  expect(kept()).toEqual([...keys(99).slice(16), 'held']);
  for (let i = 0; i < 10; i++) use('held');
  expect(kept()).toEqual(['held']);
});

test('a key that was idle for too long is made anew, although its turn to be forgotten has not come', async () => {
  const { clock, table, made, use } = tableOf({ max: 100 });
  use(...keys(100));
  await clock.advance(100);
  use('k99');
  expect(made.slice(100)).toEqual(['k99']);
  expect(new Set(table.entries().map(({ key }) => key)).size).toBe(table.entries().length);
});

test('keys are forgotten for lack of room one by one, as they fall idle', () => {
  const { table } = tableOf({ max: 1 });
  const entries = keys(20).map((key) => table.enter(key));
  const sizes = entries.map((entry) => {
    table.leave(entry);
    return table.size;
  });
  expect(sizes).toEqual([...Array.from({ length: 19 }, (_, index) => 19 - index), 1]);
});
