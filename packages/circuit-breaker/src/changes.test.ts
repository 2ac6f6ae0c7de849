import { ConfigError } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { merged, readChanges } from './changes.ts';
import type { CircuitBreakerOptions, CircuitBreakerUpdate } from './options.ts';
import { readSettings } from './settings.ts';

const errorOf = (given: CircuitBreakerOptions, changes: unknown): ConfigError => {
  try {
    readChanges(given, changes as CircuitBreakerUpdate);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
};

test('what is left out stays as it was given, inside of parts too', () => {
  const given: CircuitBreakerOptions = { openMs: 100, backoff: { factor: 3, capMs: 900 }, halfOpen: { permits: 4 } };
  const { settings } = readChanges(given, { failureRatio: 0.2, backoff: { capMs: 700 }, halfOpen: { maxWaitMs: 50 } });
  const whole = { ...given, failureRatio: 0.2, backoff: { factor: 3, capMs: 700 }, halfOpen: { permits: 4, maxWaitMs: 50 } };
  expect(settings).toEqual(readSettings(whole).settings);
});

test('what follows another option by default follows its change', () => {
  const { settings } = readChanges({ ramp: { durationMs: 10 } }, { failureRatio: 0.2, openMs: 90_000, minimumCalls: 3 });
  expect(settings).toMatchObject({ trialFailureRatio: 0.2, capMs: 90_000, rampMinimumCalls: 3 });
});

test('an explicit undefined brings the default back', () => {
  const given: CircuitBreakerOptions = { openMs: 100, consecutiveFailures: 3, minimumCalls: 7, ramp: { durationMs: 10 } };
  const { settings } = readChanges(given, { openMs: undefined, consecutiveFailures: undefined, ramp: undefined });
  expect(settings).toEqual(readSettings({ minimumCalls: 7 }).settings);
});

test('changes come on top of one another', () => {
  const first = readChanges({}, { openMs: 100 });
  const second = readChanges(first.given, { backoff: { capMs: 800 } });
  expect(second.settings).toMatchObject({ openMs: 100, capMs: 800 });
});

test('the same options once more are no mistake, and change nothing', () => {
  const clock = new VirtualClock();
  const given: CircuitBreakerOptions = { name: 'db', slowCallMs: 10, clock, random: () => 0, window: { calls: 5 }, openMs: 7 };
  expect(readChanges(given, given).settings).toEqual(readSettings(given).settings);
  expect(() => readChanges({}, { name: 'circuitBreaker', slowCallMs: undefined, clock: undefined })).not.toThrow();
  expect(() => readChanges({ consecutiveFailures: 2 }, { consecutiveFailures: 3 })).not.toThrow();
});

test('the objects given are neither kept nor changed (T38)', () => {
  const window = { calls: 10 };
  const backoff = { capMs: 6_000 };
  const given = merged(undefined, { window, backoff });
  window.calls = 3;
  backoff.capMs = 1;
  expect(given).toEqual({ window: { calls: 10 }, backoff: { capMs: 6_000 } });
  const changes = Object.freeze({ window: Object.freeze({ calls: 4 }), backoff: Object.freeze({ factor: 3 }) });
  expect(readChanges(given, changes).given).toEqual({ window: { calls: 4 }, backoff: { capMs: 6_000, factor: 3 } });
});

test.for<[option: string, given: CircuitBreakerOptions, changes: unknown]>([
  ['options', {}, 'safe'],
  ['options', {}, null],
  ['options', {}, []],
  ['openMS', {}, { openMS: 5 }],
  ['openMs', {}, { openMs: -1 }],
  ['backoff', {}, { backoff: 2 }],
  ['halfOpen.permit', {}, { halfOpen: { permit: 2 } }],
  ['halfOpen.permits', {}, { halfOpen: { permits: 0 } }],
  ['backoff.capMs', { backoff: { capMs: 10_000 } }, { openMs: 20_000 }],
  ['minimumCalls', { window: { calls: 50 }, minimumCalls: 20 }, { window: { calls: 10 } }],
  ['slowRatio', {}, { slowRatio: 0.5 }],
  ['ramp.durationMs', {}, { ramp: { startRatio: 0.5 } }],
  ['name', { name: 'db' }, { name: 'other' }],
  ['name', { name: 'db' }, { name: undefined }],
  ['slowRatio', { slowCallMs: 100, slowRatio: 0.5 }, { slowCallMs: undefined }],
  ['halfOpen.maxWaitMs', { halfOpen: { maxWaitMs: 500 } }, { slowCallMs: 501 }],
  ['clock', {}, { clock: new VirtualClock() }],
  ['random', {}, { random: () => 0 }],
  ['window', {}, { window: { calls: 10 } }],
  ['window', { window: { calls: 10 } }, { window: { durationMs: 1_000 } }],
  ['window', { window: { calls: 10 } }, { window: undefined }],
  ['consecutiveFailures', {}, { consecutiveFailures: 5 }],
  ['consecutiveFailures', { consecutiveFailures: 5, failureRatio: 0.5 }, { failureRatio: undefined }],
  ['failureRatio', { consecutiveFailures: 5 }, { failureRatio: 0.5 }],
  ['minimumCalls', { consecutiveFailures: 5 }, { minimumCalls: 10 }],
  ['window', { consecutiveFailures: 5 }, { window: { calls: 10 } }],
  ['window', { consecutiveFailures: 5 }, { consecutiveFailures: undefined }],
])('refuses to change %s: %o by %o', ([option, given, changes]) => {
  expect(errorOf(given, changes)).toMatchObject({ code: 'HOLDFAST_CONFIG', policy: given.name ?? 'circuitBreaker', option });
});

test('says in its own name why an option cannot change', () => {
  expect(errorOf({ name: 'db' }, { window: { calls: 10 } }).message).toBe(
    'db: option window must be { durationMs }: its kind cannot change, as what it has counted is kept, got {"calls":10}',
  );
  expect(errorOf({ name: 'db' }, { clock: new VirtualClock() }).message).toContain('times of two clocks cannot be compared');
});

test.for<[given: CircuitBreakerOptions, changes: unknown, words: string]>([
  [{ name: 'db' }, { name: 'other' }, 'it tells circuits apart in what was reported already'],
  [{}, { random: () => 0 }, 'random must be left as it is: it is part of how the breaker was made'],
  [{ window: { calls: 10 } }, { window: { durationMs: 500 } }, 'window must be { calls }: its kind cannot change'],
  [
    { consecutiveFailures: 5 },
    { failureRatio: 0.5 },
    'failureRatio must be left out: only consecutiveFailures opens this circuit, which has no window, got 0.5',
  ],
  [
    { consecutiveFailures: 5 },
    { failureRatio: 0.5, window: { calls: 10 } },
    'window must be left out: only consecutiveFailures opens this circuit, which has no window, got {"calls":10}',
  ],
  [
    {},
    { consecutiveFailures: 5 },
    'consecutiveFailures must be given together with failureRatio, window or minimumCalls: alone it would stand instead of the ratios',
  ],
])('of %o, changed by %o, says: %s', ([given, changes, words]) => {
  expect(errorOf(given, changes).message).toContain(words);
});

test('the smallest windows may grow', () => {
  expect(readChanges({ window: { durationMs: 1 } }, { window: { durationMs: 500 } }).settings.windowMs).toBe(500);
  expect(readChanges({ window: { calls: 1 } }, { window: { calls: 5 } }).settings.windowCalls).toBe(5);
});
