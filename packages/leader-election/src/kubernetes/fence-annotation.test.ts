import { expect, test } from 'vitest';
import { StaleTokenError } from '../fencing/stale-token-error.ts';
import { fenced, FENCING_TOKEN } from './fence-annotation.ts';
import type { FencedObject } from './fence-annotation.ts';

const object = {
  kind: 'ConfigMap',
  metadata: { name: 'report', uid: 'u', resourceVersion: '5', annotations: { note: 'x' } as Record<string, string> },
  data: { day: '1' },
};
const withToken = (token: string): typeof object => ({
  ...object,
  metadata: { ...object.metadata, annotations: { note: 'x', [FENCING_TOKEN]: token } },
});

test('stamps an object with the token of the term, and keeps all else', () => {
  const stamped = fenced(object, 41n);

  expect(stamped).toEqual(withToken('41'));
  expect(object.metadata.annotations).toEqual({ note: 'x' });
});

test('takes an object that an earlier term wrote, or this one', () => {
  expect(fenced(withToken('40'), 41n)).toEqual(withToken('41'));
  expect(fenced(withToken('41'), 41n)).toEqual(withToken('41'));
});

test('refuses an object that a later term wrote', () => {
  expect(() => fenced(withToken('42'), 41n)).toThrow(StaleTokenError);
  expect(() => fenced(withToken('42'), 41n)).toThrow(expect.objectContaining({ highest: 42n, token: 41n }));
});

test('compares tokens as numbers of any length, not as texts', () => {
  expect(() => fenced(withToken('100'), 99n)).toThrow(StaleTokenError);
  expect(() => fenced(withToken('9007199254740993'), 9_007_199_254_740_992n)).toThrow(StaleTokenError);
});

test('stamps an object that is to be created', () => {
  expect(fenced({ metadata: { name: 'new' } }, 7n).metadata.annotations).toEqual({ [FENCING_TOKEN]: '7' });
  const anew: FencedObject = { metadata: { annotations: null } };
  expect(fenced(anew, 7n).metadata.annotations).toEqual({ [FENCING_TOKEN]: '7' });
  const bare: FencedObject = {};
  expect(fenced(bare, 7n)).toEqual({ metadata: { annotations: { [FENCING_TOKEN]: '7' } } });
});

test('refuses an object that was read and lost its resourceVersion: its PUT would overwrite whatever came between', () => {
  const { resourceVersion: _, ...metadata } = object.metadata;

  expect(() => fenced({ ...object, metadata }, 41n)).toThrow(/resourceVersion/);
});

test.each(['', 'x', '-1', '1.5'])('refuses to guess what the token %o means', (token) => {
  expect(() => fenced(withToken(token), 41n)).toThrow(TypeError);
});
