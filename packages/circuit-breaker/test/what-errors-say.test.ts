// Errors tell what would have been right, in words: someone reads them at a start that failed.
import type { CallContext } from '@holdfast/core';
import { Outcome } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { circuitBreaker } from '../src/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../src/options.ts';
import type { SavedCircuit } from '../src/saved-state.ts';

const call = { id: 1, pipeline: 'test' } as CallContext;

test.for<[options: unknown, words: string]>([
  [{ window: 10_000 }, 'window must be an object'],
  [{ window: null }, 'window must be an object'],
  [{ window: [] }, 'window must be an object'],
  [{ window: {} }, 'window must be either { durationMs } or { calls }'],
  [{ window: { calls: 1_000_001 } }, 'window.calls must be'],
  [{ window: { calls: 10 }, minimumCalls: 11 }, 'at most window.calls, which is 10: more never lie in the window'],
  [{ random: 0.5 }, '() => number'],
  [{ slowRatio: 0.5 }, 'slowRatio must be given together with slowCallMs'],
  [{ openMs: 5_000, backoff: { capMs: 4_999 } }, 'backoff.capMs must be at least openMs, which is 5000'],
  [{ halfOpen: { slowRatio: 0.5 } }, 'halfOpen.slowRatio must be given together with slowCallMs'],
  [
    { slowCallMs: 2_000, halfOpen: { maxWaitMs: 1_000 } },
    'halfOpen.maxWaitMs must be at least slowCallMs, which is 2000: else no trial is ever slow',
  ],
  [{ ramp: {} }, 'ramp.durationMs must be given: a ramp has a length'],
  [{ ramp: { durationMs: 1, minimumCalls: 21 } }, 'ramp.minimumCalls must be at most minimumCalls, which is 20'],
  [
    { consecutiveFailures: 3, ramp: { durationMs: 1, minimumCalls: 2 } },
    'ramp.minimumCalls must be left out where only consecutiveFailures opens the circuit',
  ],
])('of options %o', ([options, words]) => {
  expect(() => circuitBreaker(options as CircuitBreakerOptions)).toThrow(words);
});

test.for<[change: object, words: string]>([
  [{ version: 2 }, 'importState.version must be 1, the only version there is'],
  [{ version: undefined }, 'importState.version must be given'],
  [{ state: 'ajar' }, 'importState.state must be one of closed, open, half-open, isolated'],
  [{ state: undefined }, 'importState.state must be given'],
  [{ openForMs: 5 }, 'importState.openForMs must be 0 in the state closed'],
  [{ state: 'isolated', rampForMs: 5 }, 'importState.rampForMs must be 0 in the state isolated'],
  [{ slices: [{}] }, 'importState.slices must be a list of slices, none with more bad calls than calls'],
  [{ outcomes: '..x' }, 'importState.outcomes must be a text of the letters . s and f'],
])('of a saved state with %o', ([change, words]) => {
  const breaker = circuitBreaker({ clock: new VirtualClock() });
  const saved = { ...breaker.exportState(), ...change } as SavedCircuit;
  expect(() => breaker.importState(saved)).toThrow(words);
});

test('of what is no saved state', () => {
  const breaker = circuitBreaker({ clock: new VirtualClock() });
  expect(() => breaker.importState('open' as unknown as SavedCircuit)).toThrow(
    'importState must be what exportState has returned',
  );
});

test('of a call that was refused', () => {
  const clock = new VirtualClock();
  const options = { consecutiveFailures: 1, openMs: 1_000, ramp: { durationMs: 1_000 }, clock, random: () => 0.99 };
  const breaker = circuitBreaker(options);
  breaker.exit(call, Outcome.thrown(new Error('down')), breaker.enter(call));
  clock.stall(2_000);
  const trial = breaker.enter(call);
  expect(() => breaker.enter(call)).toThrow('the circuit is half-open and its trial calls are under way');
  breaker.exit(call, Outcome.returned(1), trial);
  expect(() => breaker.enter(call)).toThrow('the circuit has just closed and lets only a share of the calls through');
});

test("an option's own error comes through as it is", () => {
  const broken = new Error('no such setting');
  const options = {
    window: {
      get durationMs(): number {
        throw broken;
      },
    },
  };
  expect(() => circuitBreaker(options)).toThrow(broken);
});
