import { expect, test } from 'vitest';
import { AcceptedMutants } from './accepted.ts';

const file = 'packages/a/src/b.ts';
const list = [{ file, line: 'return a < b;', reason: 'never equal', changes: [['a < b', 'a <= b']] as const }];
const mutant = { id: 1, file, line: 7, context: 'return a < b;', original: 'a < b', replacement: 'a <= b' };

test('a mutant is known by its line, wherever the line has gone', () => {
  expect(new AcceptedMutants(list).reasonFor({ ...mutant, id: 9, line: 70 })).toBe('never equal');
});

test.each([{ context: 'return a < b + 1;' }, { replacement: 'true' }, { original: 'a' }, { file: 'packages/a/src/c.ts' }])(
  'it is another one with %o',
  (other) => {
    expect(new AcceptedMutants(list).reasonFor({ ...mutant, ...other })).toBeUndefined();
  },
);

test('tells which are not there any more', () => {
  const accepted = new AcceptedMutants(list);
  expect(accepted.unused).toEqual([`${file} | return a < b; | a < b | a <= b`]);
  accepted.reasonFor(mutant);
  expect(accepted.unused).toEqual([]);
});
