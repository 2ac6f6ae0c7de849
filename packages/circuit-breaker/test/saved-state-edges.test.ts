// What is written down of a circuit is written down exactly, and what was left out is read as nothing.
import type { CallContext, OutcomeKind } from '@holdfast/core';
import { Outcome } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import type { CircuitBreaker } from '../src/circuit-breaker.ts';
import { circuitBreaker } from '../src/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../src/options.ts';
import type { SavedCircuit } from '../src/saved-state.ts';

const call = { id: 1, pipeline: 'test' } as CallContext;

function breakerWith(options: CircuitBreakerOptions = {}): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock();
  return { clock, breaker: circuitBreaker({ minimumCalls: 2, openMs: 1_000, random: () => 0, clock, ...options }) };
}

function run(breaker: CircuitBreaker, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) breaker.exit(call, new Outcome(kind, false, undefined, undefined), breaker.enter(call));
}

const nothing = {
  version: 1,
  openForMs: 0,
  closedForMs: 0,
  rampForMs: 0,
  openings: 0,
  consecutiveFailures: 0,
  slices: [],
  outcomes: '',
};

test('each state is saved with what belongs to it, and nothing else', () => {
  const { clock, breaker } = breakerWith();
  expect(breaker.exportState()).toStrictEqual({ ...nothing, state: 'closed' });
  run(breaker, 'failure', 'failure');
  clock.stall(400);
  expect(breaker.exportState()).toStrictEqual({ ...nothing, state: 'open', openForMs: 600, openings: 1 });
  clock.stall(600);
  expect(breaker.exportState()).toStrictEqual({ ...nothing, state: 'half-open', openings: 1 });
  breaker.isolate();
  expect(breaker.exportState()).toStrictEqual({ ...nothing, state: 'isolated' });
});

test('a state and a version are enough: the rest is nothing', () => {
  for (const state of ['closed', 'half-open', 'isolated'] as const) {
    const { breaker } = breakerWith({ window: { calls: 10 } });
    breaker.importState({ version: 1, state } as SavedCircuit);
    expect(breaker.exportState()).toStrictEqual({ ...nothing, state });
  }
});

test('every kind of call is read as what it was written', () => {
  const options = { window: { calls: 10 }, minimumCalls: 10, slowCallMs: 10 };
  const { breaker } = breakerWith(options);
  run(breaker, 'success', 'failure', 'slow', 'success', 'slow', 'failure', 'success');
  const other = breakerWith(options).breaker;
  other.importState(breaker.exportState());
  expect(other.exportState()).toStrictEqual({ ...breaker.exportState(), outcomes: '.fs.sf.' });
});

test('time that has passed makes it closed for longer', () => {
  const { clock, breaker } = breakerWith();
  clock.stall(400);
  const other = breakerWith().breaker;
  other.importState(breaker.exportState(), { elapsedMs: 300 });
  expect(other.exportState().closedForMs).toBe(700);
});

test('a ramp that ended while nobody looked is over', () => {
  const { breaker } = breakerWith({ ramp: { durationMs: 1_000 } });
  breaker.importState({ ...breaker.exportState(), rampForMs: 100 }, { elapsedMs: 300 });
  expect(breaker.snapshot().admittedRatio).toBe(1);
});

test.for<[field: string, change: object]>([
  ['slices', { slices: [undefined] }],
  ['slices', { slices: [{ ageMs: '5', calls: 1, failures: 0, slow: 0 }] }],
  ['slices', { slices: [{ ageMs: -1, calls: 1, failures: 0, slow: 0 }] }],
  ['slices', { slices: [{ ageMs: 0, calls: 1, failures: 0.5, slow: 0 }] }],
  ['slices', { slices: [{ ageMs: 0, calls: 1, failures: 0, slow: 0.5 }] }],
  ['slices', { slices: [{ ageMs: 0, calls: 0, failures: -1, slow: 1 }] }],
  ['outcomes', { outcomes: [] }],
  ['openForMs', { openForMs: 0.5 }],
  ['rampForMs', { state: 'isolated', rampForMs: 0.5 }],
])('refuses %s of %o', ([field, change]) => {
  const { breaker } = breakerWith();
  const saved = { ...breaker.exportState(), ...change } as SavedCircuit;
  expect(() => breaker.importState(saved)).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', option: `importState.${field}` }),
  );
});

test('what a window has forgotten is not saved, though nobody has looked meanwhile', () => {
  const { clock, breaker } = breakerWith();
  run(breaker, 'failure');
  clock.stall(10_000);
  expect(breaker.exportState().slices).toEqual([]);
});

test.for([null, [], 'open', undefined])('says of %o that it is nothing that was exported', (saved) => {
  const { breaker } = breakerWith();
  expect(() => breaker.importState(saved as never)).toThrow(
    'circuitBreaker: option importState must be what exportState has returned',
  );
});
