import { expect, test } from 'vitest';
import { heldBy } from '../../test/contract/environment.ts';
import { entryIn, entryText } from './entry.ts';

test('an entry is the same after it was written and read', () => {
  const entry = { revision: 1_795_253_400_000_001n, record: heldBy('zürich-節点-🦊', { handOffTo: '"\\\n' }) };

  expect(entryIn(entryText(entry))).toEqual(entry);
});

test('so is the entry of a deletion', () => {
  const entry = { revision: 18_446_744_073_709_551_615n, record: undefined };

  expect(entryIn(entryText(entry))).toEqual(entry);
});

test.each([
  ['nothing', ''],
  ['half an entry', entryText({ revision: 1n, record: heldBy('a') }).slice(0, 40)],
  ['no object', '42'],
  ['null', 'null'],
  ['a revision that is a number', '{"revision":1,"record":null}'],
  ['a revision that is none', '{"revision":"-1","record":null}'],
  ['no record', '{"revision":"1"}'],
  ['a record that lacks something', '{"revision":"1","record":{"holder":"a"}}'],
])('takes %s for no entry', (_what, text) => {
  expect(entryIn(text)).toBeUndefined();
});
