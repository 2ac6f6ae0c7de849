import { expect, test } from 'vitest';
import { violations } from './checker.ts';
import type { Attempt, Stretch } from './journal.ts';

const wrote = (member: string, token: bigint, fromMs: number, toMs = fromMs, accepted = true): Attempt => ({
  ...{ member, token, fromMs, toMs, accepted },
});
const stretch = (member: string, token: bigint, beganMs: number, settledMs?: number): Stretch => ({
  ...{ member, token, beganMs, settledMs },
});
const of = (attempts: readonly Attempt[], stretches: readonly Stretch[] = []): string[] => violations({ attempts, stretches });

test('finds nothing in terms that follow one another', () => {
  expect(of([wrote('a', 1n, 0), wrote('a', 1n, 10), wrote('b', 4n, 11), wrote('a', 9n, 20)])).toEqual([]);
});

test('finds a write under an old token that was accepted, and none that was refused', () => {
  expect(of([wrote('a', 1n, 0), wrote('b', 4n, 11), wrote('a', 1n, 5)])).toEqual(['a wrote under 1 after a write under 4']);
  expect(of([wrote('a', 1n, 0), wrote('b', 4n, 11), wrote('a', 1n, 5, 5, false)])).toEqual([]);
});

test('finds a token of two members', () => {
  expect(of([wrote('a', 1n, 0), wrote('b', 1n, 1)])).toEqual(["the token 1 is a's and b's"]);
});

test('finds an assertion that passed in an old term after one of a later term had', () => {
  expect(of([wrote('a', 1n, 0), wrote('b', 4n, 11), wrote('a', 1n, 12, 12, false)])).toEqual([
    'a (1) passed the assertion 1.0 ms after b (4) had',
  ]);
});

test('finds it in whatever term it was, also when others began in between', () => {
  expect(of([wrote('a', 1n, 0), wrote('b', 4n, 11), wrote('c', 6n, 12), wrote('a', 1n, 20, 20, false)])).toEqual([
    'a (1) passed the assertion 9.0 ms after b (4) had',
    'a (1) passed the assertion 8.0 ms after c (6) had',
  ]);
});

test('gives an assertion around which the process was stopped all of that time', () => {
  expect(of([wrote('a', 1n, 10, 4_000, false), wrote('b', 4n, 3_000)])).toEqual([]);
  expect(of([wrote('a', 1n, 10), wrote('b', 4n, 9, 3_000)])).toEqual([]);
});

test('finds a member whose token went back, and one that worked in two terms at a time', () => {
  expect(of([], [stretch('a', 4n, 0, 5), stretch('b', 2n, 6, 7), stretch('a', 3n, 8)])).toEqual(['a had the token 3 after 4']);
  expect(of([], [stretch('a', 4n, 0, 5), stretch('a', 6n, 4)])).toEqual(['a began 6 while 4 went on']);
  expect(of([], [stretch('a', 4n, 0), stretch('a', 6n, 4)])).toEqual(['a began 6 while 4 went on']);
});
