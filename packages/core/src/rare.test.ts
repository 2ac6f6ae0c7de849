import { expect, test } from 'vitest';
import { Rare } from './rare.ts';

test('what is left behind is settled when all of it has ended, well or not', async () => {
  const rare = new Rare();
  const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  rare.leaveBehind(one.promise);
  rare.leaveBehind(other.promise);
  let settled = false;
  const wait = rare.whenSettled(0)?.then(() => (settled = true));
  other.reject(new Error('late'));
  await new Promise(setImmediate);
  expect(settled).toBe(false);
  one.resolve();
  await expect(wait).resolves.toBe(true);
  expect(rare.whenSettled(0)).toBeUndefined();
});

test('what was left behind before a stage descended again is inside of those further out, and of itself', () => {
  const rare = new Rare();
  rare.keepStragglersFrom(0); // nothing was left
  expect(rare.whenSettled(0)).toBeUndefined();
  rare.leaveBehind(new Promise(() => {}));
  expect([0, 1, 2, 3].map((depth) => rare.whenSettled(depth) !== undefined)).toEqual([true, true, true, true]);
  rare.keepStragglersFrom(2);
  rare.keepStragglersFrom(3); // a later one, further in, changes nothing
  expect([0, 1, 2, 3].map((depth) => rare.whenSettled(depth) !== undefined)).toEqual([true, true, true, false]);
});
