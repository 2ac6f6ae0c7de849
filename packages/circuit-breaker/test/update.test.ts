import { circuitBreaker } from '@holdfast/circuit-breaker';
import type { CircuitBreaker, CircuitBreakerOptions, CircuitBreakerUpdate } from '@holdfast/circuit-breaker';
import { ConfigError, Outcome, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, OutcomeKind } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';

const call = { id: 1, pipeline: 'update' } as CallContext;

function breakerWith(options: CircuitBreakerOptions = {}): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock();
  return { clock, breaker: circuitBreaker({ minimumCalls: 4, openMs: 1_000, random: () => 0, clock, ...options }) };
}

function run(breaker: CircuitBreaker, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) end(breaker, breaker.enter(call), kind);
}

const end = (breaker: CircuitBreaker, entered: number | undefined, kind: OutcomeKind): undefined =>
  breaker.exit(call, new Outcome(kind, false, undefined, undefined), entered);
const update = (breaker: CircuitBreaker, options: CircuitBreakerUpdate): void => breaker.prepareUpdate(options)();
const four = ['failure', 'failure', 'failure', 'failure'] as const;

describe('preparing', () => {
  test('changes nothing, until what it returns is called', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, 'failure', 'failure');
    const apply = breaker.prepareUpdate({ minimumCalls: 3, openMs: 50 });
    run(breaker, 'failure');
    expect(breaker.state).toBe('closed');
    clock.stall(500);
    apply();
    run(breaker, 'success');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 50 });
  });

  test('with a mistake among the changes changes none of them', () => {
    const { breaker } = breakerWith();
    run(breaker, 'failure', 'failure', 'failure');
    const before = breaker.exportState();
    expect(() => update(breaker, { minimumCalls: 2, failureRatio: 2 })).toThrow(ConfigError);
    expect(breaker.exportState()).toEqual(before);
    run(breaker, 'success');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 4, openForMs: 1_000 });
  });

  test('goes on from the last change', () => {
    const { breaker } = breakerWith();
    update(breaker, { openMs: 300 });
    update(breaker, { minimumCalls: 2 });
    run(breaker, 'failure', 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 300 });
  });
});

describe('the rules of a closed circuit', () => {
  test.for<[CircuitBreakerUpdate, OutcomeKind, string]>([
    [{ failureRatio: 0.2 }, 'success', 'failureRatio'],
    [{ slowRatio: 0.2 }, 'success', 'slowRatio'],
    [{ failureRatio: 0.4 }, 'failure', 'failureRatio'],
    [{ consecutiveFailures: 1 }, 'failure', 'consecutiveFailures'],
  ])('%o judges what was counted before, when the next call ends, a %s: by %s', ([changes, next, openedBy]) => {
    const { breaker } = breakerWith({ minimumCalls: 9, failureRatio: 1, slowCallMs: 10, slowRatio: 1 });
    run(breaker, 'failure', 'slow', 'success', 'success');
    const types: string[] = [];
    const unsubscribe = subscribe(({ type }) => types.push(type));
    update(breaker, { minimumCalls: 4, ...changes });
    run(breaker, 'ignored', 'cancelled');
    expect({ state: breaker.state, types }).toEqual({ state: 'closed', types: [] });
    run(breaker, next);
    unsubscribe();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openedBy, calls: 5 });
    expect(types).toEqual(['circuit.opened']);
  });

  test('calls under way count', () => {
    const { breaker } = breakerWith();
    const early = four.map(() => breaker.enter(call));
    update(breaker, { openMs: 10, window: { durationMs: 500 } });
    for (const entered of early) end(breaker, entered, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 4, openForMs: 10 });
  });

  test('failures in a row go on being counted', () => {
    const { breaker } = breakerWith({ consecutiveFailures: 9 });
    run(breaker, 'success', 'success', 'success', 'failure', 'failure');
    update(breaker, { consecutiveFailures: 3 });
    run(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openedBy: 'consecutiveFailures', consecutiveFailures: 3 });
  });

  test('resetAfterMs counts from when it closed', () => {
    const { clock, breaker } = breakerWith({ backoff: { jitterRatio: 0 } });
    run(breaker, ...four);
    clock.stall(1_000);
    run(breaker, 'success');
    clock.stall(5_000);
    update(breaker, { backoff: { resetAfterMs: 5_000 } });
    run(breaker, ...four);
    expect(breaker.snapshot()).toMatchObject({ openings: 1, openForMs: 1_000 });
  });
});

describe('the window', () => {
  test('of calls keeps the latest when it shrinks, and all when it grows', () => {
    const { breaker } = breakerWith({ window: { calls: 6 }, failureRatio: 1 });
    run(breaker, 'failure', 'failure', 'success', 'failure', 'success', 'success');
    update(breaker, { window: { calls: 4 } });
    expect(breaker.exportState().outcomes).toBe('.f..');
    update(breaker, { window: { calls: 6 } });
    run(breaker, 'failure');
    expect(breaker.exportState().outcomes).toBe('.f..f');
    run(breaker, 'success', 'success', 'success');
    expect(breaker.exportState().outcomes).toBe('.f..f...'.slice(-6));
  });

  test('of time keeps what the new length reaches back to', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, 'failure');
    clock.stall(5_000);
    run(breaker, 'success');
    update(breaker, { window: { durationMs: 4_000 } });
    expect(breaker.snapshot()).toMatchObject({ calls: 1, failures: 0 });
    clock.stall(3_000);
    update(breaker, { window: { durationMs: 60_000 } });
    clock.stall(50_000);
    expect(breaker.snapshot()).toMatchObject({ calls: 1, failures: 0 });
    clock.stall(7_000);
    expect(breaker.snapshot().calls).toBe(0);
  });

  test('given again with the length it has forgets nothing', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, 'failure');
    for (let second = 0; second < 9; second++) {
      clock.stall(1_000);
      update(breaker, { window: { durationMs: 10_000 }, openMs: second });
      expect(breaker.snapshot()).toMatchObject({ calls: 1, failures: 1 });
    }
  });

  test('nobody calls into does not grow stale (T12)', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, 'failure', 'failure', 'failure');
    clock.stall(300_000);
    update(breaker, { window: { durationMs: 3_600_000 } });
    run(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 1 });
  });
});

describe('an open circuit', () => {
  test('is open until as long after it opened as the new openMs says', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, ...four);
    clock.stall(400);
    update(breaker, { openMs: 700 });
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 300 });
    update(breaker, { openMs: 2_000 });
    expect(breaker.snapshot().openForMs).toBe(1_600);
    expect(() => breaker.enter(call)).toThrow(expect.objectContaining({ retryAfterMs: 1_600 }));
    update(breaker, { openMs: 400 });
    expect(breaker.state).toBe('half-open');
  });

  test('whose time is over is not open again', () => {
    const { clock, breaker } = breakerWith();
    run(breaker, ...four);
    clock.stall(1_000);
    update(breaker, { openMs: 60_000 });
    expect(breaker.state).toBe('half-open');
    run(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 60_000, openings: 2 });
  });

  test('keeps its place in the backoff, and in the jitter', () => {
    const { clock, breaker } = breakerWith({ backoff: { factor: 2, jitterRatio: 0.5 }, random: () => 0.5 });
    run(breaker, ...four);
    clock.stall(1_000);
    run(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ openings: 2, openForMs: 1_750 });
    update(breaker, { backoff: { factor: 5 } });
    expect(breaker.snapshot().openForMs).toBe(1_000 + 4_000 * 0.75);
    update(breaker, { backoff: { capMs: 1_400 } });
    expect(breaker.snapshot().openForMs).toBe(1_300);
    update(breaker, { backoff: { jitterRatio: 0 } });
    expect(breaker.snapshot().openForMs).toBe(1_400);
  });

  test('that came from another process is only capped', () => {
    const { breaker } = breakerWith();
    run(breaker, ...four);
    const other = breakerWith();
    other.breaker.importState(breaker.exportState());
    other.clock.stall(100);
    update(other.breaker, { openMs: 5_000 });
    expect(other.breaker.snapshot().openForMs).toBe(900);
    update(other.breaker, { openMs: 10, backoff: { capMs: 300 } });
    expect(other.breaker.snapshot().openForMs).toBe(200);
  });

  test('isolated, it stays so', () => {
    const { breaker } = breakerWith();
    breaker.isolate();
    update(breaker, { openMs: 0 });
    expect(breaker.state).toBe('isolated');
  });
});

describe('a half-open circuit', () => {
  const halfOpen = (options: CircuitBreakerOptions): ReturnType<typeof breakerWith> => {
    const setting = breakerWith(options);
    run(setting.breaker, ...four);
    setting.clock.stall(1_000);
    return setting;
  };

  test('ends its trial with as many permits as it began with', () => {
    const { clock, breaker } = halfOpen({ halfOpen: { permits: 3, failureRatio: 1 } });
    run(breaker, 'failure', 'failure');
    update(breaker, { halfOpen: { permits: 1 } });
    expect(breaker.state).toBe('half-open');
    run(breaker, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 3 });
    clock.stall(10_000);
    run(breaker, 'success');
    expect(breaker.state).toBe('closed');
  });

  test('that has begun no trial yet has the new permits', () => {
    const { breaker } = halfOpen({ halfOpen: { permits: 3 } });
    update(breaker, { halfOpen: { permits: 2 } });
    run(breaker, 'success', 'success');
    expect(breaker.state).toBe('closed');
  });

  test('judges the trial by the new ratios, trial calls under way included', () => {
    const { breaker } = halfOpen({ halfOpen: { permits: 2, failureRatio: 1 } });
    const trial = breaker.enter(call);
    update(breaker, { halfOpen: { failureRatio: 0.5 } });
    end(breaker, trial, 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 1 });
  });

  test('waits for a trial that hangs as long as maxWaitMs says now (T2)', () => {
    const { clock, breaker } = halfOpen({ halfOpen: { maxWaitMs: 60_000 } });
    const lost = breaker.enter(call);
    clock.stall(5_000);
    update(breaker, { halfOpen: { maxWaitMs: 5_001 } });
    expect(() => breaker.enter(call)).toThrow(expect.objectContaining({ reason: 'half-open', retryAfterMs: 1 }));
    clock.stall(1);
    run(breaker, 'success');
    expect(breaker.state).toBe('closed');
    end(breaker, lost, 'failure');
    expect(breaker.snapshot().calls).toBe(0);
  });
});

describe('a ramp', () => {
  const ramping = (): ReturnType<typeof breakerWith> => {
    const setting = breakerWith({ ramp: { durationMs: 10_000, startRatio: 0.2 } });
    run(setting.breaker, ...four);
    setting.clock.stall(1_000);
    run(setting.breaker, 'success');
    setting.clock.stall(5_000);
    return setting;
  };

  test('goes on from the share it has reached, at the new pace', () => {
    for (const durationMs of [1_000, 10_000, 100_000]) {
      const { clock, breaker } = ramping();
      update(breaker, { ramp: { durationMs } });
      expect(breaker.snapshot().admittedRatio).toBeCloseTo(0.6, 10);
      clock.stall(durationMs / 4);
      expect(breaker.snapshot().admittedRatio).toBeCloseTo(0.8, 10);
      clock.stall(durationMs / 4);
      expect(breaker.snapshot().admittedRatio).toBe(1);
    }
  });

  test('has its new startRatio and minimumCalls at once', () => {
    const { breaker } = ramping();
    update(breaker, { ramp: { startRatio: 0.4, minimumCalls: 2 } });
    expect(breaker.snapshot().admittedRatio).toBeCloseTo(0.7, 10);
    run(breaker, 'failure', 'failure');
    expect(breaker.state).toBe('open');
  });

  test('taken away lets all calls through; given, it begins with the next recovery', () => {
    const { clock, breaker } = ramping();
    update(breaker, { ramp: undefined });
    expect(breaker.snapshot().admittedRatio).toBe(1);
    update(breaker, { ramp: { durationMs: 400 } });
    expect(breaker.snapshot().admittedRatio).toBe(1);
    run(breaker, ...four);
    clock.stall(2_000);
    run(breaker, 'success');
    expect(breaker.snapshot().admittedRatio).toBe(0.1);
  });
});

test('what it exports after an update it can import, and so can another', () => {
  for (const window of [{ durationMs: 3_000 }, { calls: 5 }]) {
    const { clock, breaker } = breakerWith({ window: 'calls' in window ? { calls: 50 } : { durationMs: 10_000 } });
    run(breaker, 'failure', 'success', 'success', 'success', 'success');
    clock.stall(700);
    update(breaker, { window, minimumCalls: 5, openMs: 200 });
    const saved = breaker.exportState();
    const other = circuitBreaker({ window, clock });
    for (const one of [breaker, other]) {
      one.importState(saved);
      expect(one.exportState()).toEqual(saved);
    }
    run(breaker, 'failure', 'failure', 'failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openForMs: 200 });
  }
});

test('an import is bounded by the options as they are now', () => {
  const { breaker } = breakerWith();
  update(breaker, { backoff: { capMs: 1_500 } });
  breaker.importState({ ...breaker.exportState(), state: 'open', openForMs: 1e9, openings: 1 });
  expect(breaker.snapshot().openForMs).toBe(1_500);
});

test('tells that it judges, and from when on a call is slow', () => {
  expect(circuitBreaker().traits()).toEqual({ judges: true });
  expect(circuitBreaker({ slowCallMs: 200 }).traits()).toEqual({ judges: true, slowCallMs: 200 });
});

test('slowness is judged from the calls on that begin after the change, and no longer when it is taken back', async () => {
  const { clock, breaker } = breakerWith();
  const service = pipeline({ name: 'service', clock }, breaker);
  const takes = async (ms: number): Promise<void> => {
    const ending = service.run(() => clock.sleep(ms));
    await clock.advance(ms);
    await ending;
  };
  await takes(100);
  const early = service.run(() => clock.sleep(100));
  service.update({ circuitBreaker: { slowCallMs: 100, slowRatio: 1 } });
  await clock.advance(100);
  await early;
  await takes(99);
  await takes(100);
  expect(breaker.snapshot()).toMatchObject({ calls: 4, slow: 1 });
  service.update({ circuitBreaker: { slowCallMs: 50 } });
  await takes(50);
  expect(breaker.snapshot()).toMatchObject({ calls: 5, slow: 2 });
  service.update({ circuitBreaker: { slowCallMs: undefined, slowRatio: undefined } });
  await takes(1_000);
  expect(breaker.snapshot()).toMatchObject({ calls: 6, slow: 2 });
  expect([breaker.traits(), 'slowCallMs' in breaker]).toEqual([{ judges: true }, false]);
});

test('through a pipeline, a mistake in another policy’s options leaves the breaker as it was', () => {
  const { clock, breaker } = breakerWith();
  const other = circuitBreaker({ name: 'other', clock });
  const service = pipeline({ name: 'service', clock }, breaker, other);
  expect(() => service.update({ circuitBreaker: { minimumCalls: 1 }, other: { openMs: -1 } })).toThrow(ConfigError);
  run(breaker, 'failure');
  expect(breaker.state).toBe('closed');
  service.update({ circuitBreaker: { minimumCalls: 2 }, other: { openMs: 1 } });
  run(breaker, 'failure');
  expect(breaker.state).toBe('open');
});
