import { expect, test } from 'vitest';
import { fittingRate } from './warm-up.ts';

test('asks for the usual rate where there is room for it, and for less, in tens, where there is not', () => {
  expect(fittingRate(400)).toBe(100);
  expect(fittingRate(250)).toBe(100);
  expect(fittingRate(180)).toBe(70);
  expect(fittingRate(3)).toBe(20);
});
