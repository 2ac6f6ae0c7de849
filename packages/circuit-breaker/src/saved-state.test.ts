import { Outcome } from '@holdfast/core';
import type { CallContext, OutcomeKind } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { circuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './options.ts';
import type { SavedCircuit } from './saved-state.ts';

const call = { id: 1, pipeline: 'test' } as CallContext;

function breakerAt(startMs: number, options: CircuitBreakerOptions = {}): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock({ startMs });
  const random = (): number => 0.5;
  return { clock, breaker: circuitBreaker({ minimumCalls: 4, openMs: 1_000, clock, random, ...options }) };
}

function run(breaker: CircuitBreaker, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) breaker.exit(call, new Outcome(kind, false, undefined, undefined), breaker.enter(call));
}

const overTheWire = (breaker: CircuitBreaker): SavedCircuit => JSON.parse(JSON.stringify(breaker.exportState())) as SavedCircuit;

test('another process, with another start of time, goes on where this one stopped', () => {
  const { clock, breaker } = breakerAt(5_000);
  run(breaker, 'failure', 'failure', 'failure', 'failure');
  clock.stall(300);
  const other = breakerAt(987_654_321);
  other.breaker.importState(overTheWire(breaker));
  expect(other.breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 700, openings: 1 });
  other.clock.stall(700);
  expect(other.breaker.state).toBe('half-open');
  run(other.breaker, 'failure');
  expect(other.breaker.snapshot()).toMatchObject({ state: 'open', openings: 2, openForMs: 1_750 });
});

test('processes that make one call each open the circuit together', () => {
  for (const window of [{ durationMs: 10_000 }, { calls: 10 }]) {
    let saved: SavedCircuit | undefined;
    for (let invocation = 0; invocation < 4; invocation++) {
      const { breaker } = breakerAt(invocation * 1e6, { window });
      if (saved !== undefined) breaker.importState(saved);
      run(breaker, 'failure');
      saved = overTheWire(breaker);
    }
    expect(saved).toMatchObject({ state: 'open', openForMs: 1_000 });
  }
});

test('the time between counts if the caller knows it, and only then', () => {
  const { breaker } = breakerAt(0);
  run(breaker, 'failure', 'failure', 'failure', 'failure');
  const open = overTheWire(breaker);
  const other = breakerAt(0).breaker;
  other.importState(open, { elapsedMs: 400 });
  expect(other.snapshot().openForMs).toBe(600);
  other.importState(open, { elapsedMs: 1_000 });
  expect(other.state).toBe('half-open');

  const counting = breakerAt(0).breaker;
  run(counting, 'failure', 'failure');
  other.importState(overTheWire(counting), { elapsedMs: 8_000 });
  expect(other.snapshot()).toMatchObject({ state: 'closed', calls: 2, failures: 2, consecutiveFailures: 2 });
  other.importState(overTheWire(counting), { elapsedMs: 10_000 });
  expect(other.snapshot()).toMatchObject({ calls: 0 });
});

test('a window of calls keeps their order', () => {
  const { breaker } = breakerAt(0, { window: { calls: 4 }, slowCallMs: 10, slowRatio: 1 });
  run(breaker, 'success', 'failure', 'slow', 'success', 'slow');
  expect(breaker.exportState()).toMatchObject({ outcomes: 'fs.s', slices: [] });
  const other = breakerAt(0, { window: { calls: 3 }, minimumCalls: 3 }).breaker;
  other.importState(overTheWire(breaker));
  expect(other.snapshot()).toMatchObject({ calls: 3, failures: 0, slow: 2 });
});

test('what a window of the other kind has counted is left out, the state is not', () => {
  const { breaker } = breakerAt(0, { window: { calls: 4 } });
  run(breaker, 'failure');
  const other = breakerAt(0).breaker;
  other.importState(overTheWire(breaker));
  expect(other.snapshot()).toMatchObject({ state: 'closed', calls: 0, consecutiveFailures: 1 });
});

test('half-open begins anew: trial calls of another process are none of ours', () => {
  const { clock, breaker } = breakerAt(0);
  run(breaker, 'failure', 'failure', 'failure', 'failure');
  clock.stall(1_000);
  expect(overTheWire(breaker)).toMatchObject({ state: 'half-open', openForMs: 0 });
  const trial = breaker.enter(call);
  const saved = overTheWire(breaker);
  expect(saved).toMatchObject({ state: 'half-open', openForMs: 0, openings: 1 });
  const other = breakerAt(0).breaker;
  other.importState(saved);
  run(other, 'success');
  expect(other.state).toBe('closed');
  breaker.importState(saved);
  breaker.exit(call, Outcome.returned(1), trial);
  expect(breaker.state).toBe('half-open');
});

test('the rest of a ramp, the time closed and an isolation are carried over', () => {
  const ramp = { durationMs: 1_000 };
  const { clock, breaker } = breakerAt(0, { ramp });
  run(breaker, 'failure', 'failure', 'failure', 'failure');
  clock.stall(1_000);
  run(breaker, 'success');
  clock.stall(400);
  const saved = overTheWire(breaker);
  expect(saved).toMatchObject({ state: 'closed', rampForMs: 600, closedForMs: 400, openings: 1 });
  const other = breakerAt(50_000, { ramp }).breaker;
  other.importState(saved);
  expect(other.snapshot()).toMatchObject({ state: 'closed', admittedRatio: breaker.snapshot().admittedRatio });
  expect(overTheWire(other)).toEqual(saved);
  const withoutRamp = breakerAt(0).breaker;
  withoutRamp.importState(saved);
  expect(withoutRamp.snapshot().admittedRatio).toBe(1);

  breaker.isolate();
  other.importState(overTheWire(breaker));
  expect(other.state).toBe('isolated');
});

test('a ramp is no longer than its own, and time passed is taken off it', () => {
  const { clock, breaker } = breakerAt(0, { ramp: { durationMs: 1_000 } });
  const ramping = { ...breaker.exportState(), rampForMs: 1e12, openings: 1 };
  breaker.importState(ramping);
  clock.stall(1_000);
  expect(breaker.snapshot().admittedRatio).toBe(1);
  breaker.importState({ ...ramping, rampForMs: 800 }, { elapsedMs: 300 });
  expect(breaker.snapshot().admittedRatio).toBe(0.55);
});

test('is never open for longer than its own cap, whatever it is told', () => {
  const { breaker } = breakerAt(0, { backoff: { capMs: 2_000 } });
  breaker.importState({ ...breaker.exportState(), state: 'open', openForMs: 1e12, openings: 3 });
  expect(breaker.snapshot().openForMs).toBe(2_000);
});

test.for<[field: string, change: object]>([
  ['version', { version: 2 }],
  ['version', { version: undefined }],
  ['state', { state: 'ajar' }],
  ['state', { state: undefined }],
  ['openForMs', { openForMs: -1 }],
  ['openForMs', { openForMs: 5 }],
  ['openForMs', { state: 'open', openForMs: '5' }],
  ['rampForMs', { state: 'open', rampForMs: 5 }],
  ['closedForMs', { closedForMs: Number.NaN }],
  ['openings', { openings: 1.5 }],
  ['consecutiveFailures', { consecutiveFailures: -1 }],
  ['slices', { slices: {} }],
  ['slices', { slices: [null] }],
  ['slices', { slices: [{ ageMs: 0, calls: 1, failures: 1, slow: 1 }] }],
  ['slices', { slices: [{ ageMs: Infinity, calls: 1, failures: 0, slow: 0 }] }],
  ['slices', { slices: [{ ageMs: 0, calls: 1.5, failures: 0, slow: 0 }] }],
  ['outcomes', { outcomes: '..x' }],
  ['until', { until: 5 }],
])('refuses nonsense in %s: %o, and stays as it was', ([field, change]) => {
  const { breaker } = breakerAt(0);
  run(breaker, 'failure');
  const before = breaker.snapshot();
  const saved = { ...breaker.exportState(), ...change } as SavedCircuit;
  const expected = { code: 'HOLDFAST_CONFIG', option: `importState.${field}` };
  expect(() => breaker.importState(saved)).toThrow(expect.objectContaining(expected));
  expect(breaker.snapshot()).toEqual(before);
});

test('refuses what is no state at all, and options that are none', () => {
  const { breaker } = breakerAt(0);
  for (const saved of [undefined, null, 'open', []]) {
    expect(() => breaker.importState(saved as unknown as SavedCircuit)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', option: 'importState' }),
    );
  }
  expect(() => breaker.importState(breaker.exportState(), { elapsedMs: -1 })).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', option: 'importState.elapsedMs' }),
  );
});
