import { expect, test } from 'vitest';
import { LevelWindow } from './level-window.ts';

const countsOf = ({ served, slow, failed, refused }: LevelWindow): number[] => [served, slow, failed, refused];

test('counts each ending once; a slow answer was served, too', () => {
  const window = new LevelWindow(1_000, 0);
  for (const kind of ['success', 'slow', 'failure', 'failure', 'rejected'] as const) window.add(kind, 10);
  expect(countsOf(window)).toEqual([2, 1, 2, 1]);
});

test('takes calls out again that have shown nothing', () => {
  const window = new LevelWindow(1_000, 0);
  window.tried = 5;
  for (const kind of ['success', 'failure', 'ignored', 'cancelled', 'stalled'] as const) window.add(kind, 0);
  expect(window.tried).toBe(2);
  expect(countsOf(window)).toEqual([1, 0, 1, 0]);
});

test('knows whether any call was served, long after that call is forgotten', () => {
  const window = new LevelWindow(1_000, 0);
  window.add('failure', 0);
  expect(window.proven).toBe(false);
  window.add('slow', 0);
  window.expire(5_000);
  expect([window.proven, window.served]).toEqual([true, 0]);
  window.reset();
  expect(window.proven).toBe(false);
});

test.each([0, 70, -3_000])('forgets a call after nine to ten tenths of its length, wherever the clock began (%i)', (start) => {
  for (let at = 0; at < 200; at += 7) {
    const window = new LevelWindow(1_000, start);
    window.add('failure', start + at);
    window.expire(start + at + 899);
    expect(window.failed).toBe(1);
    window.expire(start + at + 1_000);
    expect(window.failed).toBe(0);
  }
});

test('forgets everything after a long pause, and goes on', () => {
  const window = new LevelWindow(1_000, 0);
  for (let at = 0; at < 1_000; at += 50) window.add('failure', at);
  window.add('success', 1e9);
  expect(countsOf(window)).toEqual([1, 0, 0, 0]);
});

test('counts at the last time when it is told an earlier one', () => {
  const window = new LevelWindow(1_000, 0);
  window.add('success', 950);
  window.add('failure', 100);
  window.expire(1_500);
  expect(countsOf(window)).toEqual([1, 0, 1, 0]);
});

test('keeps what it has counted when its length changes, for the new length', () => {
  const window = new LevelWindow(10_000, 0);
  window.add('failure', 0);
  window.add('success', 9_000);
  window.resize(1_000, 9_500);
  expect(countsOf(window)).toEqual([1, 0, 1, 0]);
  window.expire(10_300);
  expect(countsOf(window)).toEqual([1, 0, 1, 0]);
  window.expire(10_500);
  expect(countsOf(window)).toEqual([0, 0, 0, 0]);
});

test('forgets what came late in a slice as soon as what came early in it', () => {
  const window = new LevelWindow(1_000, 0);
  window.add('failure', 0);
  window.add('failure', 99);
  window.expire(999);
  expect(window.failed).toBe(2);
  window.expire(1_000);
  expect(window.failed).toBe(0);
});

test('forgets what was tried when it begins anew', () => {
  const window = new LevelWindow(1_000, 0);
  window.tried = 5;
  window.reset();
  expect(window.tried).toBe(0);
});

test('keeps nothing that was too old already when its length changes, nor the rest for longer than the new length', () => {
  const window = new LevelWindow(1_000, 0);
  window.add('failure', 0);
  window.add('success', 9_550);
  window.resize(2_000, 9_550);
  expect(countsOf(window)).toEqual([1, 0, 0, 0]);
  window.resize(1_000, 9_550);
  window.expire(10_499);
  expect(countsOf(window)).toEqual([1, 0, 0, 0]);
  window.expire(10_500);
  expect(countsOf(window)).toEqual([0, 0, 0, 0]);
});

test('keeps nothing that nobody has told it is too old by now when its length changes', () => {
  const window = new LevelWindow(1_000, 0);
  window.add('failure', 0);
  window.resize(2_000, 5_000);
  expect(countsOf(window)).toEqual([0, 0, 0, 0]);
});
