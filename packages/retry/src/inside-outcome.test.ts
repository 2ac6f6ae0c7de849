import { Outcome } from '@holdfast/core';
import type { ForkedCall } from '@holdfast/core';
import { expect, test } from 'vitest';
import { outcomeOf } from './inside-outcome.ts';

const forkThat = (innerOutcome: Outcome | undefined): ForkedCall => ({ innerOutcome }) as ForkedCall;
const down = new Error('down');

test('is what was noted inside, when the run ended so', () => {
  const failed = Outcome.returned('bad', 'failure');
  expect(outcomeOf(forkThat(failed), false, 'bad', undefined)).toBe(failed);
  const refused = Outcome.thrown(down, 'rejected');
  expect(outcomeOf(forkThat(refused), true, undefined, down)).toBe(refused);
});

test('is another when a wrapper in between made something else of it, be it nothing at all', () => {
  expect(outcomeOf(forkThat(Outcome.thrown(down)), false, undefined, undefined)).toMatchObject({ kind: 'success', threw: false });
  expect(outcomeOf(forkThat(Outcome.returned('up')), false, 'other', undefined)).toMatchObject({
    kind: 'success',
    value: 'other',
  });
  expect(outcomeOf(forkThat(Outcome.returned('up')), true, undefined, down)).toMatchObject({ kind: 'failure', error: down });
  expect(outcomeOf(forkThat(Outcome.thrown(down)), true, undefined, new Error('other'))).toMatchObject({
    kind: 'failure',
    error: { message: 'other' },
  });
});

test('is made here where nothing was noted', () => {
  expect(outcomeOf(forkThat(undefined), false, 'up', undefined)).toMatchObject({ kind: 'success', value: 'up' });
  expect(outcomeOf(forkThat(undefined), true, undefined, down)).toMatchObject({ kind: 'failure', error: down });
});
