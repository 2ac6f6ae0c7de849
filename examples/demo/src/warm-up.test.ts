import { expect, test } from 'vitest';
import { fittingRate } from './warm-up.ts';

test('asks for the usual rate where there is room for it, and for less, in tens, where there is not', () => {
  expect(fittingRate(400)).toBe(120);
  expect(fittingRate(180)).toBe(120);
  expect(fittingRate(100)).toBe(70);
  expect(fittingRate(3)).toBe(20);
});
