import { expect, test } from 'vitest';
import { Link, List } from './list.ts';

test('keeps the order of appending when first, last or any between are removed, and takes a removed link again', () => {
  const list = new List<string>();
  const links = ['a', 'b', 'c', 'd'].map((owner) => new Link(owner));
  for (const link of links) list.append(link);

  list.remove(links[1]!);
  expect([list.first, list.last, list.size]).toEqual(['a', 'd', 3]);
  list.remove(links[0]!);
  list.remove(links[3]!);
  expect([list.first, list.last, list.size]).toEqual(['c', 'c', 1]);
  list.append(links[0]!);
  list.remove(links[2]!);
  expect([list.first, list.last, list.size]).toEqual(['a', 'a', 1]);
  list.remove(links[0]!);
  expect([list.first, list.last, list.size]).toEqual([undefined, undefined, 0]);
});
