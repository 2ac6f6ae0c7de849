import { expect, test } from 'vitest';
import { systemRandom } from './random.ts';

test('lies in [0, 1)', () => {
  const draws = Array.from({ length: 1_000 }, systemRandom);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(new Set(draws).size).toBeGreaterThan(990);
});
