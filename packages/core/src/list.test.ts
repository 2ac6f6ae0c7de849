import { expect, test } from 'vitest';
import { List } from './list.ts';
import type { Listed } from './list.ts';

interface Letter extends Listed<Letter> {
  readonly letter: string;
}

const letters = (text: string): Letter[] => text.split('').map((letter) => ({ letter, previous: undefined, next: undefined }));
const textOf = (list: List<Letter>): string => [...list].map(({ letter }) => letter).join('');

test.each([
  ['', 'abcd'],
  ['a', 'bcd'],
  ['b', 'acd'],
  ['d', 'abc'],
  ['ad', 'bc'],
  ['bc', 'ad'],
  ['cba', 'd'],
  ['abcd', ''],
])('without %o of four in it, a list holds %o, and takes the others again at its end', (removed, left) => {
  const list = new List<Letter>();
  const all = letters('abcd');
  for (const one of all) list.append(one);
  const out = removed.split('').map((letter) => all.find((one) => one.letter === letter)!);

  for (const one of out) list.remove(one);

  expect([textOf(list), list.first?.letter]).toEqual([left, left === '' ? undefined : left[0]]);
  expect(out.every(({ previous, next }) => previous === undefined && next === undefined)).toBe(true);
  for (const one of out) list.append(one);
  expect(textOf(list)).toBe(left + removed);
});

test('a list that was cleared takes others as a new one does', () => {
  const list = new List<Letter>();
  for (const one of letters('ab')) list.append(one);
  list.clear();
  expect([textOf(list), list.first]).toEqual(['', undefined]);
  for (const one of letters('cd')) list.append(one);
  expect(textOf(list)).toBe('cd');
});
