import { expect, test } from 'vitest';
import { checkFixed, withChanges } from './option-changes.ts';

test('puts changes over what was given, and changes neither', () => {
  const given = Object.freeze({ a: 1, b: 2 });
  expect(withChanges('p', given, Object.freeze({ b: 3 }))).toEqual({ a: 1, b: 3 });
  expect(withChanges('p', given, { b: undefined })).toEqual({ a: 1, b: undefined });
});

test.each([[[]], [new Map()], [Promise.resolve({})]])('refuses %s in place of options', (changes) => {
  expect(() => withChanges('p', {}, changes)).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'p', option: 'options', value: changes }),
  );
});

test('names the first setting that cannot change, and lets it be given again', () => {
  const present = { name: 'p', clock: 1, free: 1 };
  expect(() => checkFixed('p', present, { ...present, free: 2 }, ['name', 'clock'])).not.toThrow();
  expect(() => checkFixed('p', present, { ...present, clock: 2 }, ['name', 'clock'])).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'p', option: 'clock', value: 2 }),
  );
});
