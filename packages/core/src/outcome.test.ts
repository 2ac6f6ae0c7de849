import { expect, test } from 'vitest';
import { Outcome } from './outcome.ts';

test('an outcome that returned is a success unless said otherwise, and has no duration of its own', () => {
  const value = {};
  expect(Outcome.returned(value)).toEqual(new Outcome('success', false, value, undefined));
  expect(Outcome.returned(503, 'failure')).toMatchObject({ kind: 'failure', threw: false, value: 503, durationMs: undefined });
});

test('an outcome that threw is a failure unless said otherwise, also with undefined as the error', () => {
  expect(Outcome.thrown(undefined)).toMatchObject({ kind: 'failure', threw: true, error: undefined });
  expect(Outcome.thrown('gone', 'cancelled')).toMatchObject({ kind: 'cancelled', threw: true, value: undefined, error: 'gone' });
});
