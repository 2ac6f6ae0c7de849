import { expect, test } from 'vitest';
import type { Column } from '../answer.ts';
import { figure, mark } from './format.ts';
import { plain } from './testing.ts';

type Case = readonly [value: number, unit: Column['unit'], shown: string];

test.each<Case>([
  [2.314, 'ratio', '2.31 ×'],
  [59.06, 'ratio', '59.1 ×'],
  [0.9731, 'ratio', '0.973 ×'],
  [24_321, 'ratio', '24 321 ×'],
  [412, 'ns', '412 ns'],
  [0.34, 'ns', '0.3 ns'],
  [1_290, 'ns', '1.29 µs'],
  [4_500_000, 'ns', '4.50 ms'],
  [0.25, 'us', '250 ns'],
  [12.04, 'ms', '12.0 ms'],
  [61_000, 'ms', '61.0 s'],
  [812, 'bytes', '812 B'],
  [1_900, 'bytes', '1.90 KB'],
  [148_600_000, 'bytes', '149 MB'],
  [12.04, 'percent', '12.0 %'],
  [-0.31, 'percent', '−0.31 %'],
  [12_340, 'perSecond', '12 340 /s'],
  [100_000, 'count', '100 000'],
  [1_001, 'count', '1 001'],
  [0.25, 'count', '0.25'],
])('%d in %s is shown as %s', (value, unit, shown) => {
  expect(plain(figure(value, unit))).toBe(shown);
});

test.each<Case>([
  [999.6, 'ns', '1.00 µs'],
  [999_600, 'bytes', '1.00 MB'],
  [9.996, 'ratio', '10.0 ×'],
])('%d in %s takes the step it is rounded up to: %s', (value, unit, shown) => {
  expect(plain(figure(value, unit))).toBe(shown);
});

test.each<Case>([
  [0, 'ns', '0 ns'],
  [0, 'ratio', '0 ×'],
  [-0.000_1, 'percent', '0.00 %'],
])('%d in %s is nothing, and has no sign: %s', (value, unit, shown) => {
  expect(plain(figure(value, unit))).toBe(shown);
});

test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('%s was not measured', (value) => {
  expect(figure(value, 'ns')).toBe('–');
});

test('words are shown as they are, and answers as yes and no', () => {
  expect([figure('a | b', 'text'), figure(true, 'text'), figure(false, 'count')]).toEqual(['a | b', 'yes', 'no']);
});

test.each<Case>([
  [2.2, 'ratio', '2.2 ×'],
  [4, 'ratio', '4 ×'],
  [0.05, 'ratio', '0.05 ×'],
  [100, 'count', '100'],
  [2_000, 'bytes', '2 KB'],
  [1_000_000, 'ns', '1 ms'],
  [50, 'percent', '50 %'],
])('a round %d in %s is marked without zeros that say nothing: %s', (value, unit, shown) => {
  expect(plain(mark(value, unit))).toBe(shown);
});

test('a figure and its unit stay on one line', () => {
  expect(figure(12_340, 'perSecond')).not.toMatch(/ /);
});
