import { expect, test } from 'vitest';
import { Fills } from './fills.ts';

test('what runs when a key is invalidated comes too late, what begins afterwards does not', () => {
  const fills = new Fills();
  const [first, second, other] = [fills.begin('a'), fills.begin('a'), fills.begin('b')];
  fills.end(first);
  fills.invalidate('a');
  const later = fills.begin('a');
  expect([first, second, other, later].map(({ invalid }) => invalid)).toEqual([true, true, false, false]);
  fills.end(second);
  fills.invalidate('a');
  expect(later.invalid).toBe(true);
});

test('all keys may be invalidated at once', () => {
  const fills = new Fills();
  const [a, b] = [fills.begin('a'), fills.begin('b')];
  fills.invalidateAll();
  expect([a.invalid, b.invalid, fills.begin('a').invalid]).toEqual([true, true, false]);
});

test('a run that has ended is not held against the next', () => {
  const fills = new Fills();
  const first = fills.begin('a');
  fills.end(first);
  fills.invalidate('a');
  expect(first.invalid).toBe(false);
});

test('runs that overlap are counted, from one on, and none has been kept at first', () => {
  const fills = new Fills();
  const fill = fills.begin('a');
  expect(fill).toEqual({ key: 'a', runs: 1, begun: 1, kept: 0, invalid: false });
  expect(fills.begin('a')).toMatchObject({ runs: 2, begun: 2 });
});
