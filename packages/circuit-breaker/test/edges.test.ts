// The first and the last instant, the least and the greatest number: where an off-by-one would hide.
import type { CallContext, HoldfastEvent, OutcomeKind } from '@holdfast/core';
import { Outcome, subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import type { CircuitBreaker } from '../src/circuit-breaker.ts';
import { circuitBreaker } from '../src/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../src/options.ts';
import { RollingWindow } from '../src/rolling-window.ts';
import { readSettings } from '../src/settings.ts';
import { judgeTrial } from '../src/verdict.ts';

const call = { id: 7, pipeline: 'orders' } as CallContext;

function breakerWith(options: CircuitBreakerOptions = {}, startMs = 0): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock({ startMs });
  return { clock, breaker: circuitBreaker({ minimumCalls: 2, openMs: 1_000, random: () => 0, clock, ...options }) };
}

function end(breaker: CircuitBreaker, kind: OutcomeKind, entered: unknown): void {
  breaker.exit(call, new Outcome(kind, false, undefined, undefined), entered);
}

function run(breaker: CircuitBreaker, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) end(breaker, kind, breaker.enter(call));
}

function listen(listener: (event: HoldfastEvent) => void): void {
  onTestFinished(subscribe(listener));
}

test('a ramp refuses a call whose lot is just its share: a lot is in [0, 1), a share of 0.5 lets half of them through', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000, startRatio: 0.5 }, random: () => 0.5 });
  run(breaker, 'failure', 'failure');
  clock.stall(5_000);
  run(breaker, 'success');
  expect(() => breaker.enter(call)).toThrow('share of the calls');
});

test('a ramp of one millisecond is a ramp', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1 } });
  run(breaker, 'failure', 'failure');
  clock.stall(5_000);
  run(breaker, 'success');
  expect(breaker.snapshot().admittedRatio).toBe(0.1);
});

test('a call that ends just when the ramp does is judged by the rules after it', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000, minimumCalls: 1 } });
  run(breaker, 'failure', 'failure');
  clock.stall(5_000);
  run(breaker, 'success');
  const early = breaker.enter(call);
  clock.stall(1_000);
  end(breaker, 'failure', early);
  expect(breaker.state).toBe('closed');
});

test('the smallest windows count', () => {
  const { breaker } = breakerWith({ window: { durationMs: 1 } });
  run(breaker, 'success');
  expect(breaker.snapshot().calls).toBe(1);
  const single = breakerWith({ window: { calls: 1 }, minimumCalls: 1 }).breaker;
  run(single, 'failure');
  expect(single.state).toBe('open');
});

test('the greatest window of calls is a million', () => {
  expect(readSettings({ window: { calls: 1_000_000 } }).settings.windowCalls).toBe(1_000_000);
});

test('a trial may be given up after less than a millisecond, where nothing is slow', () => {
  expect(readSettings({ halfOpen: { maxWaitMs: 0.5 } }).settings.maxWaitMs).toBe(0.5);
});

test('a ramp goes with failures in a row alone, as long as it asks for no number of calls', () => {
  const { settings } = readSettings({ consecutiveFailures: 3, ramp: { durationMs: 1_000 } });
  expect(settings).toMatchObject({ rampMs: 1_000, windowMs: 0, windowCalls: 0 });
});

test('where only failures in a row count, no window is kept and none is shown', () => {
  const { breaker } = breakerWith({ minimumCalls: undefined, consecutiveFailures: 3 });
  run(breaker, 'success', 'failure');
  expect(breaker.snapshot()).toMatchObject({ calls: 0, failures: 0, consecutiveFailures: 1 });
});

test('a circuit whose open time is over shows nothing of it, though nobody has called yet', () => {
  const { clock, breaker } = breakerWith();
  run(breaker, 'failure', 'failure');
  clock.stall(1_500);
  const over = { state: 'half-open', calls: 0, consecutiveFailures: 0, openedBy: undefined, openForMs: 0, openings: 1 };
  expect(breaker.snapshot()).toMatchObject(over);
  breaker.isolate();
  expect(breaker.snapshot()).toMatchObject({ state: 'isolated', consecutiveFailures: 0, openForMs: 0, openings: 0 });
});

test('events tell how long, not until when', () => {
  const { breaker } = breakerWith({}, 5_000);
  const events: HoldfastEvent[] = [];
  listen((event) => events.push(event));
  run(breaker, 'failure', 'failure');
  const saved = breaker.exportState();
  breaker.close();
  breaker.importState(saved);
  expect(events).toMatchObject([
    { type: 'circuit.opened', at: 5_000, openMs: 1_000, reason: 'failureRatio' },
    { type: 'circuit.closed', at: 5_000 },
    { type: 'circuit.opened', at: 5_000, openMs: 1_000, reason: 'imported' },
  ]);
});

test('events of changes a listener makes are told in their order, however many they are', () => {
  const { breaker } = breakerWith();
  const told: string[] = [];
  listen(({ type }) => {
    if (type !== 'circuit.opened') return;
    breaker.isolate();
    breaker.close();
  });
  listen(({ type }) => told.push(type));
  run(breaker, 'failure', 'failure');
  expect(told).toEqual(['circuit.opened', 'circuit.isolated', 'circuit.closed']);
});

test('a change that leaves the state as it is has no event', () => {
  const { breaker } = breakerWith();
  const told: unknown[] = [];
  listen((event) => told.push(event));
  breaker.close();
  expect(told).toEqual([]);
});

test('a verdict on trials counts no failures in a row: trials run side by side', () => {
  const { settings } = readSettings({ slowCallMs: 100 });
  for (const counts of [
    { calls: 1, failures: 1, slow: 0 },
    { calls: 1, failures: 0, slow: 1 },
    { calls: 1, failures: 0, slow: 0 },
  ]) {
    expect(judgeTrial(settings, 1, counts)?.consecutiveFailures).toBe(0);
  }
});

const one = { calls: 1, failures: 0, slow: 0 };

test('a slice that has just begun has no age', () => {
  const window = new RollingWindow(1_000, 0);
  window.add('success', 0);
  expect(window.slices(0)).toEqual([{ ageMs: 0, ...one }]);
});

test.for<[ageMs: number, atMs: number, livesUntilMs: number]>([
  [0, 0, 1_000],
  [0, 550, 1_500],
  [120, 550, 1_400],
  [950, 1_000, 1_000],
])('a slice %d ms old, restored at %d, is forgotten at %d', ([ageMs, atMs, livesUntilMs]) => {
  const window = new RollingWindow(1_000, 0);
  window.restore([{ ageMs, ...one }], atMs);
  window.expire(livesUntilMs - 1);
  expect(window.calls).toBe(livesUntilMs > atMs ? 1 : 0);
  window.expire(livesUntilMs);
  expect(window.calls).toBe(0);
});

test('a ramp made as short as a millisecond is a ramp still, and has got as far', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000, startRatio: 0.5 } });
  run(breaker, 'failure', 'failure');
  clock.stall(5_000);
  run(breaker, 'success');
  clock.stall(500);
  breaker.prepareUpdate({ ramp: { durationMs: 1 } })();
  expect(breaker.snapshot().admittedRatio).toBe(0.75);
});

test('traits tell nothing of slow calls where none is', () => {
  expect(breakerWith().breaker.traits()).toStrictEqual({ judges: true });
});

test('changes are merged within their parts, but a window is replaced', () => {
  const { breaker } = breakerWith();
  const before = { openMs: 5, backoff: { factor: 3 }, window: { durationMs: 500 } };
  const next = { backoff: { capMs: 9_000 }, window: { calls: 5 }, ramp: undefined };
  expect(breaker.mergeUpdates!(before, next)).toStrictEqual({
    openMs: 5,
    backoff: { factor: 3, capMs: 9_000 },
    window: { calls: 5 },
    ramp: undefined,
  });
});
