import { expect, test } from 'vitest';
import { firstAnswering } from './levels.ts';
import type { Levels } from './levels.ts';

const [inside, answering] = [{ name: 'inside' }, { name: 'answering', answer: 1 }];

test.each([
  [[answering, answering], 0],
  [[inside, answering], 1],
  [[inside, inside, answering, answering], 2],
  [[inside, inside], 2],
])('the first of %o that does not run the inside is %i', (levels, first) => {
  expect(firstAnswering(levels as unknown as Levels)).toBe(first);
});
