import fc from 'fast-check';
import { expect, test } from 'vitest';
import { names } from './testing.ts';
import { textWidth, wrapped } from './text.ts';

test('a text is as wide as its signs, and wider in bold', () => {
  expect(textWidth('WW', 'label')).toBeGreaterThan(2 * textWidth('ii', 'label'));
  expect(textWidth('holdfast', 'ours')).toBeGreaterThan(textWidth('holdfast', 'label'));
  expect(textWidth('', 'label')).toBe(0);
});

test('lines are broken between words', () => {
  expect(wrapped('one two three', 'label', textWidth('one two', 'label'))).toEqual(['one two', 'three']);
});

test('a word that is too long for a line is broken too', () => {
  expect(wrapped('a mmmmm', 'label', textWidth('mmm', 'label'))).toEqual(['a', 'mmm', 'mm']);
});

test('no line is too long, and no sign is lost', () => {
  fc.assert(
    fc.property(names, (text) => {
      const lines = wrapped(text, 'label', 120);
      expect(lines.filter((line) => textWidth(line, 'label') > 120)).toEqual([]);
      expect(lines.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    }),
  );
});
