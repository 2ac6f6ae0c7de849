import { stripTypeScriptTypes } from 'node:module';
import { expect, onTestFinished, test } from 'vitest';
import { findChanges } from './find-changes.ts';
import { instrument } from './instrument.ts';
import { theSwitch } from './switch.ts';

/** What `result` becomes with each of the mutants of a source on, the source as it is first. */
function results(source: string): unknown[] {
  onTestFinished(() => theSwitch().turn(0));
  const changes = findChanges('a.ts', source).map((change, index) => ({ ...change, id: index + 1 }));
  const code = stripTypeScriptTypes(instrument('a.ts', source, changes));
  theSwitch();
  return [0, ...changes.map(({ id }) => id)].map((id) => {
    theSwitch().turn(id);
    // oxlint-disable-next-line typescript/no-implied-eval -- a source made by the test
    return (new Function(`${code}; return result;`) as () => unknown)();
  });
}

test('a source without a mutant on does what it did', () => {
  expect(results('const result: number = (1 + 2) * 3;')[0]).toBe(9);
});

test('of changes within one another only the one that is on is made', () => {
  // then: * to /, + to -, 1 to 0, 2 to 3, 3 to 4
  expect(results('const result = (1 + 2) * 3;')).toEqual([9, 1, -3, 6, 12, 12]);
});

test('a chain is changed as a whole', () => {
  const source = 'const a: { b?: { c: number } } = { b: { c: 7 } }; const result = a.b?.c as number;';
  expect(results(source).slice(-1)).toEqual([7]);
});

test('a function keeps its receiver, its arguments and its way out', () => {
  const source =
    'class A { n = 5; get(by: number): number { const m = this.n; return m * by; } }; const result = new A().get(2);';
  expect(results(source)).toEqual([10, 12, undefined, undefined, 2.5, 15]);
});

test('an emptied case does not hide the others', () => {
  const source = 'let result = 5; switch (result) { case 5: result = 6; break; default: result = 7; }';
  // then: 5 to 6, the first case emptied, its assignment left out, 6 to 7, and three of the default, which is not come to
  expect(results(source)).toEqual([6, 7, 7, 5, 7, 6, 6, 6]);
});

test('an omitted statement between if and else leaves both where they are', () => {
  expect(results('let result = 0; if (result === 0) result = 1; else result = 2;')).toEqual([1, 2, 1, 2, 0, 0, 1, 1]);
});

test('lines stay where they are', () => {
  const source = 'const a = 1;\nconst b = 2;\n\nconst result = a + b;';
  const changes = findChanges('a.ts', source).map((change, index) => ({ ...change, id: index + 1 }));
  expect(instrument('a.ts', source, changes).split('\n')).toHaveLength(4);
});

test('a mutant that runs for ever is stopped', () => {
  const source = 'let result = 0; while (result < 3) { result++; }';
  expect(() => results(source)).toThrow('for ever');
});
