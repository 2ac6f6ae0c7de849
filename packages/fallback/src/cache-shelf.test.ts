import { expect, test } from 'vitest';
import { Shelf } from './cache-shelf.ts';
import { readStaleCache } from './stale-cache-options.ts';

const shelfOf = (): Shelf => new Shelf(readStaleCache({ ttlMs: 100 }), () => {});

test('runs and looks of one key are counted together while they overlap, and anew after that', () => {
  const shelf = shelfOf();
  const watched = shelf.watch('k');
  const filling = shelf.begin('k');
  expect(filling.number).toBe(2);
  expect(shelf.unwatch(watched)).toBe(false);
  shelf.end(filling);
  expect(shelf.begin('k').number).toBe(1);
});

test('a look that is over leaves nothing', () => {
  const shelf = shelfOf();
  shelf.unwatch(shelf.watch('k'));
  expect(shelf.begin('k').number).toBe(1);
});
