import { HoldfastError, Outcome, subscribe } from '@holdfast/core';
import type { CallContext, HoldfastEvent, OutcomeKind } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { afterEach, expect, test } from 'vitest';
import { CircuitOpenError } from './circuit-open-error.ts';
import { circuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './options.ts';

const call = { id: 7, pipeline: 'orders' } as CallContext;
const subscriptions: (() => void)[] = [];
afterEach(() => {
  for (const unsubscribe of subscriptions.splice(0)) unsubscribe();
});

function listen(listener: (event: HoldfastEvent) => void): void {
  subscriptions.push(subscribe(listener));
}

function breakerWith(options: CircuitBreakerOptions = {}): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ name: 'db', minimumCalls: 2, openMs: 1_000, random: () => 0, clock, ...options });
  return { clock, breaker };
}

function run(breaker: CircuitBreaker, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) breaker.exit(call, new Outcome(kind, false, undefined, undefined), breaker.enter(call));
}

function refusalOf(breaker: CircuitBreaker): CircuitOpenError {
  try {
    breaker.enter(call);
  } catch (error) {
    expect(error).toBeInstanceOf(CircuitOpenError);
    return error as CircuitOpenError;
  }
  throw new Error('the call was admitted');
}

test('refuses with code, policy, reason and the exact remaining time, and without a stack', () => {
  const { clock, breaker } = breakerWith();
  run(breaker, 'failure', 'failure');
  clock.stall(250.5);
  const error = refusalOf(breaker);
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({
    name: 'CircuitOpenError',
    code: 'HOLDFAST_CIRCUIT_OPEN',
    policy: 'db',
    reason: 'open',
    retryAfterMs: 749.5,
    message: 'db: the circuit is open; try again in 750 ms',
  });
  expect(error.stack).not.toContain('\n    at ');
});

test('each reason has words of its own', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000 }, random: () => 0.9 });
  run(breaker, 'failure', 'failure');
  clock.stall(1_000);
  const trial = breaker.enter(call);
  expect(refusalOf(breaker)).toMatchObject({ reason: 'half-open', retryAfterMs: 1_000 });
  breaker.exit(call, Outcome.returned(1), trial);
  expect(refusalOf(breaker)).toMatchObject({ reason: 'ramp', retryAfterMs: 100 });
  breaker.isolate();
  expect(refusalOf(breaker)).toMatchObject({
    reason: 'isolated',
    retryAfterMs: undefined,
    message: 'db: the circuit is isolated',
  });
});

test('asks for slowness only if an option does', () => {
  expect('slowCallMs' in circuitBreaker()).toBe(false);
  expect(circuitBreaker({ slowCallMs: 200 }).slowCallMs).toBe(200);
});

test('reads no clock on the healthy path but the time of the turn', () => {
  let reads = 0;
  class CountingClock extends VirtualClock {
    override now(): number {
      reads++;
      return super.now();
    }
  }
  const { breaker } = breakerWith({ clock: new CountingClock() });
  reads = 0;
  run(breaker, 'success', 'slow', 'ignored', 'success');
  expect(reads).toBe(0);
});

test('sets no timer, whatever its state (T28)', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000 } });
  run(breaker, 'failure', 'failure');
  expect(clock.pendingTimers).toEqual([]);
  clock.stall(1_000);
  const trial = breaker.enter(call);
  expect(clock.pendingTimers).toEqual([]);
  breaker.exit(call, Outcome.returned(1), trial);
  expect(clock.pendingTimers).toEqual([]);
});

test('reading state or snapshot shows what time has done, and changes nothing', () => {
  const { clock, breaker } = breakerWith();
  const types: string[] = [];
  run(breaker, 'failure', 'failure');
  listen(({ type }) => types.push(type));
  clock.stall(999);
  expect(breaker.state).toBe('open');
  clock.stall(1);
  expect(breaker.state).toBe('half-open');
  expect(breaker.snapshot()).toMatchObject({ state: 'half-open', openForMs: 0, calls: 0, outstandingTrials: 0 });
  expect(types).toEqual([]);
});

test('its snapshot is plain JSON, before the first call too', () => {
  const { breaker } = breakerWith();
  expect(JSON.parse(JSON.stringify(breaker.snapshot()))).toEqual({
    policy: 'db',
    kind: 'circuitBreaker',
    state: 'closed',
    calls: 0,
    failures: 0,
    slow: 0,
    failureRatio: 0,
    slowRatio: 0,
    consecutiveFailures: 0,
    openForMs: 0,
    openings: 0,
    outstandingTrials: 0,
    admittedRatio: 1,
    refused: 0,
  });
});

test('its snapshot shows the window while closed, what led to it while open, and the trials while half-open', () => {
  const { clock, breaker } = breakerWith({ minimumCalls: 4, halfOpen: { permits: 3, failureRatio: 1 } });
  run(breaker, 'success', 'failure', 'failure');
  expect(breaker.snapshot()).toMatchObject({
    state: 'closed',
    calls: 3,
    failures: 2,
    failureRatio: 2 / 3,
    consecutiveFailures: 2,
  });
  run(breaker, 'failure');
  const open = { state: 'open', openedBy: 'failureRatio', calls: 4, failureRatio: 0.75, openForMs: 1_000, admittedRatio: 0 };
  expect(breaker.snapshot()).toMatchObject({ ...open, openings: 1, consecutiveFailures: 3 });
  clock.stall(1_000);
  run(breaker, 'failure');
  breaker.enter(call);
  expect(breaker.snapshot()).toMatchObject({ state: 'half-open', calls: 1, failures: 1, outstandingTrials: 1 });
  breaker.isolate();
  expect(breaker.snapshot()).toMatchObject({ state: 'isolated', calls: 0, openings: 0, admittedRatio: 0 });
});

test('its snapshot forgets old calls although no new one came (T12)', () => {
  const { clock, breaker } = breakerWith({ minimumCalls: 10 });
  run(breaker, 'failure', 'failure');
  clock.stall(10_000);
  expect(breaker.snapshot()).toMatchObject({ calls: 0, failures: 0, failureRatio: 0 });
});

test('publishes each change of state once, with why, and with the call that made it', () => {
  const { clock, breaker } = breakerWith({ minimumCalls: 3, ramp: { durationMs: 500 } });
  const events: HoldfastEvent[] = [];
  listen((event) => events.push(event));
  run(breaker, 'success', 'failure', 'failure');
  clock.stall(1_500);
  run(breaker, 'success');
  breaker.isolate();
  breaker.isolate();
  breaker.close();
  breaker.close();
  const byCall = { policy: 'db', callId: 7, pipeline: 'orders' };
  const numbers = { calls: 3, failures: 2, slow: 0, failureRatio: 2 / 3, slowRatio: 0, consecutiveFailures: 2 };
  expect(events).toEqual([
    { type: 'circuit.opened', at: 0, from: 'closed', reason: 'failureRatio', ...numbers, openMs: 1_000, openings: 1, ...byCall },
    { type: 'circuit.half-opened', at: 1_500, from: 'open', permits: 1, openings: 1, ...byCall },
    { type: 'circuit.closed', at: 1_500, from: 'half-open', reason: 'recovered', rampMs: 500, ...byCall },
    { type: 'circuit.isolated', at: 1_500, from: 'closed', reason: 'manual', policy: 'db' },
    { type: 'circuit.closed', at: 1_500, from: 'isolated', reason: 'manual', rampMs: 0, policy: 'db' },
  ]);
});

test('publishes what an import has changed', () => {
  const { breaker } = breakerWith();
  const other = breakerWith({ name: 'other' });
  const events: unknown[] = [];
  run(breaker, 'failure', 'failure');
  const open = breaker.exportState();
  breaker.isolate();
  listen((event) => events.push(event));
  other.breaker.importState(open);
  other.breaker.importState(breaker.exportState());
  other.breaker.importState(breaker.exportState());
  other.breaker.importState(circuitBreaker().exportState());
  const base = { at: 0, policy: 'other', reason: 'imported' };
  expect(events).toEqual([
    { type: 'circuit.opened', from: 'closed', openMs: 1_000, openings: 1, ...base },
    { type: 'circuit.isolated', from: 'open', ...base },
    { type: 'circuit.closed', from: 'isolated', rampMs: 0, ...base },
  ]);
});

test('a listener sees the new state, and may change it again; all listeners hear it in the order it happened (T7)', () => {
  const { breaker } = breakerWith();
  const seen: string[] = [];
  listen(({ type }) => {
    if (type === 'circuit.opened') {
      seen.push(`first: ${type} while ${breaker.state}`);
      breaker.isolate();
      expect(() => run(breaker, 'failure')).toThrow('isolated');
    } else if (type === 'circuit.isolated') seen.push(`first: ${type}`);
  });
  listen(({ type }) => seen.push(`second: ${type}`));
  run(breaker, 'failure', 'failure');
  expect(seen).toEqual([
    'first: circuit.opened while open',
    'second: circuit.opened',
    'first: circuit.isolated',
    'second: circuit.isolated',
  ]);
  expect(breaker.state).toBe('isolated');
});

test('a listener that closes the circuit at the first trial makes that trial a call of the past', () => {
  const { clock, breaker } = breakerWith();
  run(breaker, 'failure', 'failure');
  clock.stall(1_000);
  listen(({ type }) => {
    if (type === 'circuit.half-opened') breaker.close();
  });
  const trial = breaker.enter(call);
  expect(breaker.state).toBe('closed');
  breaker.exit(call, Outcome.thrown(new Error('down')), trial);
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
});

test('a listener that throws changes nothing (T7)', () => {
  const { breaker } = breakerWith();
  listen(() => {
    throw new Error('listener');
  });
  run(breaker, 'failure', 'failure');
  expect(breaker.state).toBe('open');
  breaker.close();
  expect(breaker.state).toBe('closed');
});

test('calls under way at an isolation or a manual close count for nothing', () => {
  const { breaker } = breakerWith();
  const early = [breaker.enter(call), breaker.enter(call)];
  breaker.isolate();
  breaker.close();
  for (const entered of early) breaker.exit(call, Outcome.thrown(new Error('late')), entered);
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
});

test('counts what it refused since it was made, for whatever reason, and nothing else', () => {
  const { clock, breaker } = breakerWith({ ramp: { durationMs: 1_000 }, random: () => 0.9 });
  const refusedFor = (reason: string): number => {
    expect(refusalOf(breaker).reason).toBe(reason);
    return breaker.snapshot().refused;
  };
  run(breaker, 'rejected', 'failure', 'failure');
  expect(breaker.snapshot().refused).toBe(0);
  expect(refusedFor('open')).toBe(1);
  clock.stall(1_000);
  const trial = breaker.enter(call);
  expect(refusedFor('half-open')).toBe(2);
  breaker.exit(call, Outcome.returned(1), trial);
  expect(refusedFor('ramp')).toBe(3);
  breaker.isolate();
  expect(refusedFor('isolated')).toBe(4);
  breaker.close();
  run(breaker, 'success');
  expect(breaker.snapshot().refused).toBe(4);
});

test('an import that cannot be is refused in the name of the breaker', () => {
  const { breaker } = breakerWith();
  const saved = breaker.exportState();
  for (const [bad, options, option] of [
    [{ ...saved, openings: -1 }, undefined, 'importState.openings'],
    [{ ...saved, version: undefined }, undefined, 'importState.version'],
    [undefined, undefined, 'importState'],
    [saved, { elapsedMs: -1 }, 'importState.elapsedMs'],
  ] as const) {
    expect(() => breaker.importState(bad as never, options)).toThrow(expect.objectContaining({ policy: 'db', option }));
  }
});
