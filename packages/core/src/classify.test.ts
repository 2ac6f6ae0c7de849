import { expect, test } from 'vitest';
import { checkKind } from './classify.ts';

test.each(['success', 'failure', 'ignored', undefined] as const)('a classifier may answer %s', (answer) => {
  expect(checkKind(answer)).toBe(answer);
});

test.each<[shown: string, answer: unknown]>([
  ['slow', 'slow'],
  ['cancelled', 'cancelled'],
  ['', ''],
  ['true', true],
  ['null', null],
  ['[object Promise]', Promise.resolve('failure')],
])('and not "%s"', (shown, answer) => {
  expect(() => checkKind(answer as never)).toThrow(
    new TypeError(`classify must answer 'success', 'failure', 'ignored' or undefined, at once; got ${shown}`),
  );
});
