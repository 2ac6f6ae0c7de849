import { expect, test } from 'vitest';
import { readBulkheadOptions } from './options.ts';

test('is safe without options', () => {
  const { name, concurrency, queue, queueTimeoutMs, order, weight, keyOf, holdUntilSettled } = readBulkheadOptions(undefined);
  expect({ name, concurrency, queue, queueTimeoutMs, order, weight, keyOf, holdUntilSettled }).toEqual({
    name: 'bulkhead',
    concurrency: 25,
    queue: 25,
    queueTimeoutMs: 1_000,
    order: 'fifo',
    weight: undefined,
    keyOf: undefined,
    holdUntilSettled: false,
  });
});

test('the queue is as long as there are permits, unless said', () => {
  expect(readBulkheadOptions({ concurrency: 7 }).queue).toBe(7);
  expect(readBulkheadOptions({ concurrency: 7, queue: 0 }).queue).toBe(0);
});

test('shares by key when asked to, in whichever way', () => {
  const call = { key: 'k' } as never;
  expect(readBulkheadOptions({ fair: true }).keyOf!(call)).toBe('k');
  expect(readBulkheadOptions({ keyShareRatio: 0.5 }).keyOf!(call)).toBe('k');
  expect(readBulkheadOptions({ keyOf: () => 'own' }).keyOf!(call)).toBe('own');
  expect(readBulkheadOptions({ fair: false }).keyOf).toBeUndefined();
});

test('priority is the criticality of the call, unless said', () => {
  const { priority } = readBulkheadOptions({ order: 'priority' });
  const classes = ['critical_plus', 'critical', 'sheddable_plus', 'sheddable'];
  expect(classes.map((criticality) => priority({ criticality } as never))).toEqual([3, 2, 1, 0]);
});

test.each([
  [{ concurrency: 0 }, 'concurrency'],
  [{ concurrency: 1.5 }, 'concurrency'],
  [{ concurrency: Number.POSITIVE_INFINITY }, 'concurrency'],
  [{ queue: -1 }, 'queue'],
  [{ queueTimeoutMs: 0 }, 'queueTimeoutMs'],
  [{ order: 'random' as never }, 'order'],
  [{ weight: 2 as never }, 'weight'],
  [{ keyShareRatio: 0 }, 'keyShareRatio'],
  [{ keyShareRatio: 1.1 }, 'keyShareRatio'],
  [{ priority: () => 1 }, 'priority'],
  [{ ageingMs: 10 }, 'ageingMs'],
  [{ order: 'lifo' as const, queueTimeoutMs: Number.POSITIVE_INFINITY }, 'queueTimeoutMs'],
  [{ fair: false, keyOf: () => 'k' }, 'keyOf'],
  [{ fair: false, keyShareRatio: 0.5 }, 'keyShareRatio'],
  [{ fair: 'yes' as never }, 'fair'],
  [{ concurency: 3 } as never, 'concurency'],
])('refuses %o, naming the option %s', (options, option) => {
  expect(() => readBulkheadOptions(options)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
});

test('errors name the bulkhead by its name', () => {
  expect(() => readBulkheadOptions({ name: 'orders', concurrency: 0 })).toThrow(/^orders: option concurrency/);
  expect(() => readBulkheadOptions({ name: 'orders', ageingMs: 5 })).toThrow(/^orders: option ageingMs/);
  expect(() => readBulkheadOptions({ name: '', concurrency: 0 })).toThrow(/^bulkhead: option name/);
});
