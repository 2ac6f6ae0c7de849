import { ConfigError } from '@holdfast/core';
import { expect, test } from 'vitest';
import type { CircuitBreakerOptions } from './options.ts';
import { readSettings } from './settings.ts';

const errorOf = (options: unknown): ConfigError => {
  try {
    readSettings(options as CircuitBreakerOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
};

test('without options it has the defaults the docstrings give reasons for', () => {
  expect(readSettings(undefined)).toMatchObject({ name: 'circuitBreaker', slowCallMs: undefined });
  expect(readSettings(undefined).settings).toEqual({
    failureRatio: 0.5,
    slowRatio: Infinity,
    consecutiveFailures: Infinity,
    windowMs: 10_000,
    windowCalls: 0,
    minimumCalls: 20,
    openMs: 5_000,
    factor: 2,
    capMs: 30_000,
    jitterRatio: 0.5,
    resetAfterMs: 60_000,
    permits: 1,
    trialFailureRatio: 0.5,
    trialSlowRatio: Infinity,
    maxWaitMs: 60_000,
    rampMs: 0,
    rampStartRatio: 1,
    rampMinimumCalls: 20,
  });
});

test('defaults follow the options they depend on', () => {
  expect(readSettings({ window: { calls: 8 } }).settings).toMatchObject({ windowCalls: 8, windowMs: 0, minimumCalls: 8 });
  expect(readSettings({ window: { calls: 100 } }).settings.minimumCalls).toBe(20);
  expect(readSettings({ slowCallMs: 90_000 }).settings).toMatchObject({ slowRatio: 0.8, trialSlowRatio: 0.8, maxWaitMs: 90_000 });
  expect(readSettings({ openMs: 120_000 }).settings.capMs).toBe(120_000);
  expect(readSettings({ failureRatio: 0.2 }).settings.trialFailureRatio).toBe(0.2);
  expect(readSettings({ minimumCalls: 3, ramp: { durationMs: 10 } }).settings.rampMinimumCalls).toBe(3);
});

test('failures in a row stand alone when no other rule is named, and beside the ratios when one is', () => {
  const alone = readSettings({ consecutiveFailures: 5, openMs: 100 }).settings;
  expect(alone).toMatchObject({ failureRatio: Infinity, windowMs: 0, windowCalls: 0, trialFailureRatio: 0.5 });
  for (const other of [{ failureRatio: 0.5 }, { minimumCalls: 20 }, { window: { durationMs: 10_000 } }, { slowCallMs: 100 }]) {
    const beside = readSettings({ consecutiveFailures: 5, ...other }).settings;
    expect(beside).toMatchObject({ failureRatio: 0.5, windowMs: 10_000, consecutiveFailures: 5 });
  }
});

test.for<[option: string, options: unknown]>([
  ['failureRatio', { failureRatio: 0 }],
  ['failureRatio', { failureRatio: 1.1 }],
  ['failureRatio', { failureRatio: Number.NaN }],
  ['failureRatio', { failureRatio: '0.5' }],
  ['minimumCalls', { minimumCalls: 0 }],
  ['minimumCalls', { minimumCalls: 11, window: { calls: 10 } }],
  ['consecutiveFailures', { consecutiveFailures: 2.5 }],
  ['slowCallMs', { slowCallMs: 0 }],
  ['slowRatio', { slowRatio: 0.5 }],
  ['window', { window: {} }],
  ['window', { window: { durationMs: 1_000, calls: 10 } }],
  ['window', { window: 10_000 }],
  ['window.durationMs', { window: { durationMs: 0 } }],
  ['window.calls', { window: { calls: 0 } }],
  ['window.count', { window: { count: 10 } }],
  ['openMs', { openMs: -1 }],
  ['openMs', { openMs: Infinity }],
  ['backoff', { backoff: 2 }],
  ['backoff.factor', { backoff: { factor: 0.5 } }],
  ['backoff.capMs', { openMs: 5_000, backoff: { capMs: 4_999 } }],
  ['backoff.jitterRatio', { backoff: { jitterRatio: 2 } }],
  ['backoff.resetAfterMs', { backoff: { resetAfterMs: -1 } }],
  ['halfOpen.permits', { halfOpen: { permits: 0 } }],
  ['halfOpen.failureRatio', { halfOpen: { failureRatio: 0 } }],
  ['halfOpen.slowRatio', { halfOpen: { slowRatio: 0.5 } }],
  ['halfOpen.maxWaitMs', { halfOpen: { maxWaitMs: 0 } }],
  ['halfOpen.maxWaitMs', { halfOpen: { maxWaitMs: Infinity } }],
  ['halfOpen.maxWaitMs', { slowCallMs: 2_000, halfOpen: { maxWaitMs: 1_000 } }],
  ['ramp.durationMs', { ramp: {} }],
  ['ramp.durationMs', { ramp: { durationMs: 0 } }],
  ['ramp.startRatio', { ramp: { durationMs: 1_000, startRatio: 0 } }],
  ['ramp.minimumCalls', { ramp: { durationMs: 1_000, minimumCalls: 21 } }],
  ['ramp.minimumCalls', { consecutiveFailures: 3, ramp: { durationMs: 1_000, minimumCalls: 2 } }],
  ['name', { name: '' }],
  ['clock', { clock: { now: () => 0 } }],
  ['random', { random: 0.5 }],
  ['options', 'safe'],
])('refuses %s in %o', ([option, options]) => {
  expect(errorOf(options)).toMatchObject({ code: 'HOLDFAST_CONFIG', policy: 'circuitBreaker', option });
});

test.for<[option: string, options: object]>([
  ['failureRatio', { failureRatio: 0 }],
  ['slowRatio', { slowRatio: 0.5 }],
  ['window', { window: {} }],
  ['window.calls', { window: { calls: 0 } }],
  ['minimumCalls', { minimumCalls: 11, window: { calls: 10 } }],
  ['backoff.factor', { backoff: { factor: 0.5 } }],
  ['backoff.capMs', { backoff: { capMs: 1 } }],
  ['halfOpen.permits', { halfOpen: { permits: 0 } }],
  ['halfOpen.slowRatio', { halfOpen: { slowRatio: 0.5 } }],
  ['ramp.durationMs', { ramp: {} }],
])('names the breaker that is refused for %s', ([option, options]) => {
  expect(errorOf({ name: 'orders', ...options })).toMatchObject({ policy: 'orders', option });
});

test('asks for the option that was meant', () => {
  expect(errorOf({ failureRate: 0.5 }).message).toContain('did you mean failureRatio?');
  expect(errorOf({ halfOpen: { permit: 2 } }).message).toContain('halfOpen.permit must be a known option: did you mean permits?');
});

test('leaves the given options as they are', () => {
  const options = Object.freeze({ window: Object.freeze({ calls: 10 }), halfOpen: Object.freeze({ permits: 2 }) });
  expect(() => readSettings(options)).not.toThrow();
});
