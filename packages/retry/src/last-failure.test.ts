import { Outcome } from '@holdfast/core';
import { expect, test } from 'vitest';
import { LastFailure, reached } from './last-failure.ts';

const failure = (name: string): Outcome => Outcome.thrown(new Error(name));
const refusal = (): Outcome => new Outcome('rejected', true, undefined, new Error('full'), undefined, false);

test.each([
  ['the later of two failures', failure('first'), false, failure('second'), false, 1],
  ['the failure after a refusal', refusal(), false, failure('second'), false, 1],
  ['the failure before a refusal', failure('first'), false, refusal(), false, 0],
  ['the later of two refusals', refusal(), false, refusal(), false, 1],
  ['the failure with a wish before one without', failure('first'), true, failure('second'), false, 0],
  ['the failure with a wish after one without', failure('first'), false, failure('second'), true, 1],
  ['the later of two wishes', failure('first'), true, failure('second'), true, 1],
  ['the failure after a refusal that has a wish', refusal(), true, failure('second'), false, 1],
] as const)('keeps %s', (_which, first, firstWish, second, secondWish, kept) => {
  const last = new LastFailure();
  expect(last.offer(first, firstWish)).toBeUndefined();
  expect(last.offer(second, secondWish)).toBe([first, second][1 - kept]);
  expect(last.outcome).toBe([first, second][kept]);
});

test('an operation that was itself refused has not reached the dependency, though it ran', () => {
  expect(reached(new Outcome('rejected', true, undefined, 'full'))).toBe(false);
  expect(reached(Outcome.thrown('down'))).toBe(true);
});
