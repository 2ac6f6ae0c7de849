import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenceGate } from './fence-gate.ts';
import { fenceGates } from './fence-gates.ts';
import { StaleTokenError } from './stale-token-error.ts';

test('lets in a token, the same again, and greater ones; never one lower than it has seen', () => {
  const gate = fenceGate();

  expect([5n, 5n, 7n, 5n, 6n, 7n, 8n].map((token) => gate.admits(token))).toEqual([true, true, true, false, false, true, true]);
  expect(gate.highest).toBe(8n);
});

test('tells tokens apart that are one and the same number', () => {
  const gate = fenceGate({ highest: 9_007_199_254_740_993n });

  expect(gate.admits(9_007_199_254_740_992n)).toBe(false);
});

test('begins with the highest token that is known', () => {
  const gate = fenceGate({ name: 'ledger', highest: 41n });

  expect(gate.admits(40n)).toBe(false);
  expect(gate.admits(41n)).toBe(true);
});

test('a refusal as an exception names both tokens', () => {
  const gate = fenceGate({ name: 'ledger' });
  gate.check(7n);

  const refused = (): void => gate.check(6n);

  expect(refused).toThrow(StaleTokenError);
  expect(refused).toThrow(expect.objectContaining({ name: 'StaleTokenError', token: 6n, highest: 7n }));
  expect(refused).toThrow('ledger: fencing token 6 is of a term that is over, for 7 was here');
});

test.each([[5], ['5'], [undefined], [null], [-1n], [Number.NaN]])(
  'takes %s for no token, and learns nothing from it',
  (token) => {
    const gate = fenceGate();

    expect(() => gate.admits(token as bigint)).toThrow(TypeError);
    expect(() => gate.check(token as bigint)).toThrow(TypeError);
    expect(gate.snapshot()).toEqual({ kind: 'fenceGate', name: 'fenceGate', highest: '0', admitted: 0, refused: 0 });
  },
);

test('a snapshot is plain JSON', () => {
  const gate = fenceGate({ name: 'ledger' });
  gate.admits(18_446_744_073_709_551_615n);
  gate.admits(1n);

  const snapshot = { kind: 'fenceGate', name: 'ledger', highest: '18446744073709551615', admitted: 1, refused: 1 };
  expect(JSON.parse(JSON.stringify(gate.snapshot()))).toEqual(snapshot);
});

test('what is let in never goes down', () => {
  const tokens = fc.array(fc.bigInt({ min: 0n, max: 50n }));
  fc.assert(
    fc.property(tokens, (tokens) => {
      const gate = fenceGate();
      const admitted = tokens.filter((token) => gate.admits(token));
      expect(admitted).toEqual(admitted.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      // And nothing is refused without a reason.
      tokens.forEach((token, index) => {
        const before = tokens.slice(0, index).reduce((high, one) => (one > high ? one : high), 0n);
        expect(token < before || admitted.includes(token)).toBe(true);
      });
    }),
  );
});

test.each([
  [{ highest: 1 }, 'highest'],
  [{ highest: -1n }, 'highest'],
  [{ name: '' }, 'name'],
  [{ heighest: 1n }, 'heighest'],
])('refuses options that cannot work (%#)', (options, option) => {
  const make = (): unknown => fenceGate(options as object);
  expect(make).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});

test('keeps the gates of several elections apart, each under its name', () => {
  const gates = fenceGates();
  gates.of('shard-1').check(9n);

  expect(gates.of('shard-2').admits(3n)).toBe(true);
  expect(gates.of('shard-1').admits(3n)).toBe(false);
  expect(gates.of('shard-1')).toBe(gates.of('shard-1'));
  expect(gates.snapshot()).toMatchObject([
    { name: 'shard-1', highest: '9', refused: 1 },
    { name: 'shard-2', highest: '3', refused: 0 },
  ]);
});

test('forgets no gate: beyond their number new names are refused, and old ones go on', () => {
  const gates = fenceGates({ max: 2 });
  gates.of('').check(5n);
  gates.of('b').check(5n);

  expect(() => gates.of('c')).toThrow('fenceGates: 2 elections have a gate already');
  expect(() => gates.of('c')).toThrow(RangeError);
  expect(gates.of('').admits(4n)).toBe(false);
});

test.each([[{ max: 0 }], [{ max: 1.5 }], [{ maximum: 1 }]])('refuses the options %j for gates', (options) => {
  expect(() => fenceGates(options as object)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG' }));
});
