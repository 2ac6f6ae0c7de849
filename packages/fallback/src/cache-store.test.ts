import { expect, test } from 'vitest';
import { isEntry } from './cache-store.ts';
import { isPromise } from './store-access.ts';

const entry = { value: 1, storedAt: 5, spread: 0.5 };

test.each([entry, { ...entry, value: undefined }, { ...entry, storedAt: -5 }, { ...entry, spread: 0 }, { ...entry, spread: 1 }])(
  '%o is an entry',
  (found) => {
    expect(isEntry(found)).toBe(true);
  },
);

test.each<unknown>([
  null,
  undefined,
  'text',
  {},
  { storedAt: 5, spread: 0.5 },
  { ...entry, storedAt: NaN },
  { ...entry, storedAt: Infinity },
  { ...entry, storedAt: '5' },
  { ...entry, spread: '0.5' },
  { ...entry, spread: NaN },
  { ...entry, spread: -0.1 },
  { ...entry, spread: 1.1 },
])('%o is none', (found) => {
  expect(isEntry(found)).toBe(false);
});

test.each<[unknown, boolean]>([
  [Promise.resolve(), true],
  // oxlint-disable-next-line unicorn/no-thenable -- that is the point
  [{ then: () => {} }, true],
  // oxlint-disable-next-line unicorn/no-thenable -- that is the point
  [{ then: 'later' }, false],
  [{}, false],
  [null, false],
  [undefined, false],
  ['text', false],
])('whether an answer is one to wait for: %o, %o', (value, expected) => {
  expect(isPromise(value)).toBe(expected);
});
