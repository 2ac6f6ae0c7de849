import { expect, test, vi } from 'vitest';
import { roughSize } from './rough-size.ts';

test.each([
  [undefined, 8],
  [null, 8],
  [5, 8],
  ['', 16],
  ['four', 24],
  [{}, 16],
  [{ a: 1 }, 32],
  [[1, 2, 3], 40],
  [new Uint8Array(1_000), 1_016],
  [new ArrayBuffer(1_000), 1_016],
  [Buffer.alloc(1_000), 1_016],
  [new Map([['a', 1]]), 42],
  [new Set([1, 2]), 32],
])('of %o is %d bytes', (value, bytes) => {
  expect(roughSize(value)).toBe(bytes);
});

test('counts what occurs twice once, circles too', () => {
  const shared = { text: 'x'.repeat(1_000) };
  expect(roughSize([shared, shared])).toBeLessThan(2_200);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(roughSize(circle)).toBe(24);
});

test('calls no getter', () => {
  const get = vi.fn<() => string>(() => 'x');
  expect(roughSize(Object.defineProperty({}, 'x', { get, enumerable: true }))).toBe(24);
  expect(get).not.toHaveBeenCalled();
});

test('stops where it is enough', () => {
  let asked = 0;
  const long = Array.from({ length: 1_000 }, () =>
    Object.defineProperty({}, 'x', { enumerable: true, configurable: true, get: () => asked++ }),
  );
  expect(roughSize(long, 100)).toBeGreaterThan(100);
  expect(roughSize(long, 100)).toBeLessThan(200);
});

test('is within a factor of about two of the JSON of plain data, strings counted double', () => {
  const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `customer ${id}`, tags: ['a', 'b'], active: true }));
  const json = JSON.stringify(rows).length * 2;
  expect(roughSize(rows) / json).toBeGreaterThan(0.5);
  expect(roughSize(rows) / json).toBeLessThan(2);
});

test('of a deep value needs no stack', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(roughSize(deep)).toBe(100_000 * 24 - 100_000 * 8 + 8);
});

test('is told to be more than enough where it is, and enough where it is just that', () => {
  expect(roughSize([1], 16)).toBe(24);
  expect(roughSize([1, 2], 24)).toBe(32);
  expect(roughSize([1], 24)).toBe(24);
});

test('of a proxy that shows nothing of what it has is that of the names', () => {
  expect(roughSize(new Proxy({ a: 'hidden' }, { getOwnPropertyDescriptor: () => undefined }))).toBe(24);
});
