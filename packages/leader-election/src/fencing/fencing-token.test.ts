import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fencingToken } from './fencing-token.ts';

test('is written into Headers and into plain objects, and read from both', () => {
  const headers = fencingToken.write(new Headers({ accept: '*/*' }), 42n);
  const plain = fencingToken.write({ accept: '*/*' }, 42n);

  expect(headers.get('Fencing-Token')).toBe('42');
  expect(plain).toEqual({ accept: '*/*', 'fencing-token': '42' });
  expect(fencingToken.read(headers)).toEqual({ type: 'token', token: 42n });
  expect(fencingToken.read({ 'fencing-token': '42' })).toEqual({ type: 'token', token: 42n });
});

test('is the same after it was written and read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }), (token) => {
      expect(fencingToken.read(fencingToken.write(new Headers(), token))).toEqual({ type: 'token', token });
    }),
  );
});

test.each([
  '',
  ' ',
  '-1',
  '+1',
  '1.0',
  '1e3',
  '0x10',
  '1_000',
  '1n',
  ' 1',
  '1 ',
  '1\n',
  '1,2',
  '1, 1',
  '١',
  '１',
  'NaN',
  'null',
  '1'.repeat(21),
])('takes %j for no token', (text) => {
  expect(fencingToken.parse(text)).toBeUndefined();
  expect(fencingToken.read({ 'fencing-token': text })).toEqual({ type: 'malformed' });
});

test('takes twenty digits, as the greatest 64-bit number has', () => {
  expect(fencingToken.parse('18446744073709551615')).toBe(18_446_744_073_709_551_615n);
  expect(fencingToken.parse('0')).toBe(0n);
});

test('nothing but digits is a token', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789x'.split('')), maxLength: 25 })),
      (text) => {
        const digits = Array.from(text).every((one) => '0123456789'.includes(one));
        expect(fencingToken.parse(text) !== undefined).toBe(text !== '' && text.length <= 20 && digits);
      },
    ),
  );
});

test('two headers are none that counts', () => {
  const twice = new Headers([
    ['fencing-token', '1'],
    ['fencing-token', '2'],
  ]);

  expect(fencingToken.read(twice)).toEqual({ type: 'malformed' });
  expect(fencingToken.read({ 'fencing-token': ['1', '2'] })).toEqual({ type: 'malformed' });
  expect(fencingToken.read({ 'fencing-token': ['1'] })).toEqual({ type: 'malformed' });
});

test('no header is a token that is missing', () => {
  expect(fencingToken.read(new Headers())).toEqual({ type: 'missing' });
  expect(fencingToken.read({})).toEqual({ type: 'missing' });
});

test.each([[-1n], [10n ** 20n], [42], ['42'], [undefined]])('refuses to write %s', (token) => {
  const headers = {};

  expect(() => fencingToken.write(headers, token as bigint)).toThrow(RangeError);
  expect(headers).toEqual({});
});
