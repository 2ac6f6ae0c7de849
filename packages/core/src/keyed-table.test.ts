import { expect, test } from 'vitest';
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
