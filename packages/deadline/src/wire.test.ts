import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ATTEMPT_HEADER,
  CLASS_HEADER,
  DEADLINE_HEADER,
  formatDeadline,
  formatGrpcTimeout,
  readAttempt,
  readCriticality,
  readDeadline,
} from './wire.ts';

/** The time a single header says, if it can be read. */
const msOf = (header: string, value: string | string[]): number | undefined => readDeadline({ [header]: value })?.ms;

describe('our own deadline header', () => {
  test('comes back as it was sent, but never with more time than there was', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9_999_999_999, noNaN: true }), (remainingMs) => {
        const read = msOf(DEADLINE_HEADER, formatDeadline(remainingMs)!)!;
        expect(read).toBeLessThanOrEqual(remainingMs);
        expect(remainingMs - read).toBeLessThan(1);
      }),
    );
  });

  test('can be read whatever time was left', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, max: Number.MAX_VALUE }), (remainingMs) => {
        expect(msOf(DEADLINE_HEADER, formatDeadline(remainingMs)!)).toBeLessThanOrEqual(Math.max(0, remainingMs));
      }),
    );
  });

  test.each([
    [0, '0'],
    [-3, '0'],
    [0.9, '0'],
    [1_500.99, '1500'],
    [1e21, '9999999999'],
    [Number.POSITIVE_INFINITY, undefined],
    [Number.NaN, undefined],
  ])('for %d ms is %s', (remainingMs, value) => {
    expect(formatDeadline(remainingMs)).toBe(value);
  });
});

describe("gRPC's timeout", () => {
  test('comes back with what was left, rounded up by less than a unit of the last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3.5e14, noNaN: true }), (remainingMs) => {
        const value = formatGrpcTimeout(remainingMs)!;
        expect(value).toMatch(/^[0-9]{1,8}[HMSmun]$/);
        const read = msOf('grpc-timeout', value)!;
        expect(read).toBeGreaterThanOrEqual(remainingMs * (1 - 1e-15));
        expect(read - remainingMs).toBeLessThanOrEqual(Math.max(1e-6, remainingMs * 1.001e-5));
      }),
    );
  });

  test('keeps whole milliseconds up to 27 hours exactly', () => {
    fc.assert(
      fc.property(fc.nat(99_999_999), (ms) => {
        expect(msOf('grpc-timeout', formatGrpcTimeout(ms)!)).toBe(ms);
      }),
    );
  });

  test.each([
    [0, '0n'],
    [-1, '0n'],
    [0.001, '1000n'],
    [5, '5000000n'],
    [99.999999, '99999999n'],
    [100, '100000u'],
    [30_000, '30000000u'],
    [100_000, '100000m'],
    [100_000_000, '100000S'],
    [100_000_000_000, '1666667M'],
    [6e12, '1666667H'],
    [1e20, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [Number.NaN, undefined],
  ])('for %d ms is %s', (remainingMs, value) => {
    expect(formatGrpcTimeout(remainingMs)).toBe(value);
  });

  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5u', 0.005],
    ['6n', 0.000006],
    ['00000100m', 100],
    ['99999999H', 359_999_996_400_000],
  ])('%s is %d ms', (value, ms) => {
    expect(msOf('grpc-timeout', value)).toBe(ms);
  });
});

describe('what cannot be read', () => {
  test.each([
    '',
    'soon',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '12345678901',
    '１００',
    '100ms',
    '1 00',
    '100, 50',
    'Infinity',
    'NaN',
  ])('is no time: %o', (value) => {
    for (const header of [DEADLINE_HEADER, 'connect-timeout-ms', 'x-envoy-expected-rq-timeout-ms']) {
      expect(readDeadline({ [header]: value })).toEqual({ header: undefined, ms: undefined, malformed: [header] });
    }
  });

  test.each(['', '100', 'm', '100s', '100h', '123456789m', '-1m', '1.5S', '100 m', '1m2S'])('is no gRPC timeout: %o', (value) => {
    expect(readDeadline({ 'grpc-timeout': value })).toEqual({ header: undefined, ms: undefined, malformed: ['grpc-timeout'] });
  });

  test('is never more than a count: no header value throws, or gives anything but a time of at least 0', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789HMSmun ,-.'.split('')) }),
      fc.array(fc.string()),
    );
    const headers = fc.dictionary(
      fc.constantFrom(DEADLINE_HEADER, 'connect-timeout-ms', 'grpc-timeout', 'x-envoy-expected-rq-timeout-ms'),
      value,
    );
    fc.assert(
      fc.property(headers, (given) => {
        const read = readDeadline(given);
        if (Object.keys(given).length === 0) expect(read).toBeUndefined();
        else if (read!.ms === undefined) expect(read!.malformed).toHaveLength(Object.keys(given).length);
        else expect(read!.ms).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('which header is believed', () => {
  const all = {
    [DEADLINE_HEADER]: '400',
    'connect-timeout-ms': '300',
    'grpc-timeout': '200m',
    'x-envoy-expected-rq-timeout-ms': '100',
  };

  test('is the first in the order own, Connect, gRPC, Envoy', () => {
    const left: Record<string, string> = { ...all };
    const order: unknown[] = [];
    for (let read = readDeadline(left); read !== undefined; read = readDeadline(left)) {
      order.push([read.header, read.ms]);
      delete left[read.header!];
    }
    expect(order).toEqual([
      [DEADLINE_HEADER, 400],
      ['connect-timeout-ms', 300],
      ['grpc-timeout', 200],
      ['x-envoy-expected-rq-timeout-ms', 100],
    ]);
  });

  test('is the next one, when the first cannot be read: nonsense does not switch off a limit', () => {
    expect(readDeadline({ ...all, [DEADLINE_HEADER]: 'x', 'connect-timeout-ms': '' })).toEqual({
      header: 'grpc-timeout',
      ms: 200,
      malformed: [DEADLINE_HEADER, 'connect-timeout-ms'],
    });
  });

  test('is none without such headers', () => {
    expect(readDeadline({ host: 'example.com', get: 'x' })).toBeUndefined();
  });
});

describe.each([
  [
    'Headers',
    (name: string, value: string) =>
      new Headers([
        ['Accept', '*/*'],
        [name.toUpperCase(), value],
      ]),
  ],
  ['a Map', (name: string, value: string) => new Map([[name, value]])],
  ['a plain object', (name: string, value: string) => ({ [name]: value })],
  ['an object without a prototype', (name: string, value: string) => Object.assign(Object.create(null), { [name]: value })],
  ['lists of values', (name: string, value: string) => ({ [name]: [value] })],
])('from %s', (_what, headersOf) => {
  test('everything can be read', () => {
    expect(readDeadline(headersOf(DEADLINE_HEADER, ' 250 '))?.ms).toBe(250);
    expect(readCriticality(headersOf(CLASS_HEADER, 'sheddable'))).toBe('sheddable');
    expect(readAttempt(headersOf(ATTEMPT_HEADER, '3'))).toBe(3);
  });

  test('nothing is read that is not there', () => {
    const headers = headersOf('x-other', '1');
    expect([readDeadline(headers), readCriticality(headers), readAttempt(headers)]).toEqual([undefined, undefined, undefined]);
  });
});

test.each([
  ['Headers', (values: string[]) => new Headers(values.map((value) => [DEADLINE_HEADER, value]))],
  ['a list', (values: string[]) => ({ [DEADLINE_HEADER]: values })],
])('a header sent twice cannot be read, from %s', (_what, headersOf) => {
  expect(readDeadline(headersOf(['100', '50']))).toMatchObject({ ms: undefined, malformed: [DEADLINE_HEADER] });
});

test.each([
  ['critical_plus', 'critical_plus'],
  ['CRITICAL', 'critical'],
  [' Sheddable_Plus ', 'sheddable_plus'],
  ['critical-plus', undefined],
  ['critical, sheddable', undefined],
  ['', undefined],
  ['constructor', undefined],
])('the class %o is %s', (value, criticality) => {
  expect(readCriticality({ [CLASS_HEADER]: value })).toBe(criticality);
});

test.each([
  ['1', 1],
  ['99999', 99_999],
  ['0', undefined],
  ['01', undefined],
  ['100000', undefined],
  ['-1', undefined],
  ['1.0', undefined],
  ['', undefined],
])('the attempt %o is %s', (value, attempt) => {
  expect(readAttempt({ [ATTEMPT_HEADER]: value })).toBe(attempt);
});
