import type { OutcomeKind } from '@holdfast/core';
import { seededRandom } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { BreakerState } from './breaker-state.ts';
import type { CircuitBreakerOptions } from './options.ts';
import { readSettings } from './settings.ts';

const machineOf = (options: CircuitBreakerOptions, random: () => number = () => 0): BreakerState =>
  new BreakerState(readSettings({ minimumCalls: 4, openMs: 1_000, ...options }).settings, random, 0);

/** Admits a call at a time and hands back how to end it; or why it was refused. */
function call(machine: BreakerState, nowMs: number): (kind: OutcomeKind, atMs?: number) => void {
  machine.wake(nowMs);
  const refusal = machine.admit(nowMs);
  if (refusal !== undefined) throw new Error(refusal.reason);
  const { generation } = machine;
  return (kind, atMs = nowMs) => {
    const verdict = machine.learn(generation, kind, atMs);
    if (verdict !== undefined) machine.follow(verdict, atMs);
  };
}

function run(machine: BreakerState, nowMs: number, ...kinds: OutcomeKind[]): void {
  for (const kind of kinds) call(machine, nowMs)(kind);
}

const refusal = (machine: BreakerState, nowMs: number): unknown => {
  machine.wake(nowMs);
  return machine.admit(nowMs);
};

const open = (machine: BreakerState, nowMs: number): void => run(machine, nowMs, 'failure', 'failure', 'failure', 'failure');

test('opens at the call that makes enough calls, half of them failed', () => {
  const machine = machineOf({});
  run(machine, 0, 'failure', 'failure', 'success');
  expect(machine.kindAt(0)).toBe('closed');
  run(machine, 0, 'success');
  expect(machine.kindAt(0)).toBe('open');
});

test('stays closed while no ratio is reached', () => {
  const machine = machineOf({});
  for (let now = 0; now < 100; now++) run(machine, now, 'success', 'failure', 'success');
  expect(machine.kindAt(100)).toBe('closed');
});

test('opens over the last calls in a window of calls, however long ago they were', () => {
  const machine = machineOf({ window: { calls: 4 } });
  run(machine, 0, 'success', 'success', 'success', 'failure');
  run(machine, 1e9, 'failure');
  expect(machine.kindAt(1e9)).toBe('open');
});

test('opens when enough calls are slow, though none failed', () => {
  const machine = machineOf({ slowCallMs: 100, slowRatio: 0.5 });
  run(machine, 0, 'slow', 'success', 'slow', 'success');
  expect(machine.current).toMatchObject({ kind: 'open', verdict: { broken: 'slowRatio', slow: 2, calls: 4 } });
});

test('a slow call of another policy of the pipeline is a success where no slowness was asked for', () => {
  const machine = machineOf({});
  run(machine, 0, ...Array<OutcomeKind>(50).fill('slow'));
  expect(machine.kindAt(0)).toBe('closed');
});

test('opens after failures in a row, which an answer ends and a call that says nothing does not', () => {
  const machine = machineOf({ consecutiveFailures: 3, minimumCalls: 100 });
  run(machine, 0, 'failure', 'failure', 'success', 'failure', 'failure', 'slow', 'failure', 'ignored', 'failure', 'cancelled');
  expect(machine.kindAt(0)).toBe('closed');
  run(machine, 0, 'failure');
  expect(machine.current).toMatchObject({ kind: 'open', verdict: { broken: 'consecutiveFailures', consecutiveFailures: 3 } });
});

test('with failures in a row as the only rule nothing else opens it', () => {
  const { settings } = readSettings({ consecutiveFailures: 2, openMs: 1_000 });
  const machine = new BreakerState(settings, () => 0, 0);
  for (let now = 0; now < 200; now++) run(machine, now, 'failure', 'success');
  expect(machine.kindAt(200)).toBe('closed');
  run(machine, 200, 'failure', 'failure');
  expect(machine.kindAt(200)).toBe('open');
});

test('is open for exactly openMs, and says how much of it is left', () => {
  const machine = machineOf({});
  open(machine, 10);
  expect(refusal(machine, 10)).toEqual({ reason: 'open', retryAfterMs: 1_000 });
  expect(refusal(machine, 1_009.5)).toEqual({ reason: 'open', retryAfterMs: 0.5 });
  expect(machine.kindAt(1_009.5)).toBe('open');
  expect(machine.kindAt(1_010)).toBe('half-open');
  expect(refusal(machine, 1_010)).toBeUndefined();
});

test('lets exactly the permitted trial calls through and refuses all others at once (T3, T4)', () => {
  const machine = machineOf({ halfOpen: { permits: 3 } });
  open(machine, 0);
  const answers = Array.from({ length: 100 }, () => refusal(machine, 1_000));
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(3);
  expect(answers.at(-1)).toEqual({ reason: 'half-open', retryAfterMs: 1_000 });
});

test('judges the trial calls together: closes below the ratio, opens again at it', () => {
  for (const [last, state] of [
    ['success', 'closed'],
    ['failure', 'open'],
  ] as const) {
    const machine = machineOf({ halfOpen: { permits: 4 } });
    open(machine, 0);
    const trials = Array.from({ length: 4 }, () => call(machine, 1_000));
    trials[0]!('success');
    trials[1]!('failure');
    trials[2]!('success');
    expect(machine.kindAt(1_000)).toBe('half-open');
    trials[3]!(last);
    expect(machine.kindAt(1_000)).toBe(state);
  }
});

test('slow trial calls open it again where slowness counts', () => {
  const machine = machineOf({ slowCallMs: 100, halfOpen: { permits: 2, slowRatio: 0.5 } });
  open(machine, 0);
  run(machine, 1_000, 'slow');
  expect(machine.current).toMatchObject({ kind: 'open', verdict: { broken: 'slowRatio', calls: 1 } });
});

test.for<OutcomeKind>(['ignored', 'cancelled', 'rejected', 'stalled'])(
  'a trial call that ends %s gives its permit back and decides nothing (T5)',
  (kind) => {
    const machine = machineOf({});
    open(machine, 0);
    for (let again = 0; again < 10; again++) {
      const trial = call(machine, 1_000 + again);
      expect(refusal(machine, 1_000 + again)).toMatchObject({ reason: 'half-open' });
      trial(kind);
      expect(machine.kindAt(1_000 + again)).toBe('half-open');
    }
    run(machine, 1_010, 'success');
    expect(machine.kindAt(1_010)).toBe('closed');
  },
);

test('gives the permits of trial calls that hang out anew after maxWaitMs, and their ends count for nothing (T2)', () => {
  const machine = machineOf({ halfOpen: { permits: 2, failureRatio: 1, maxWaitMs: 500 } });
  open(machine, 0);
  const hangs = call(machine, 1_000);
  const hangsToo = call(machine, 1_200);
  expect(refusal(machine, 1_699)).toEqual({ reason: 'half-open', retryAfterMs: 1 });
  const anew = [call(machine, 1_700), call(machine, 1_700)];
  expect(() => call(machine, 1_700)).toThrow('half-open');
  hangs('failure', 1_701);
  hangsToo('failure', 1_701);
  expect(machine.kindAt(1_701)).toBe('half-open');
  expect(() => call(machine, 1_701)).toThrow('half-open');
  for (const trial of anew) trial('success', 1_702);
  expect(machine.kindAt(1_702)).toBe('closed');
});

test('what trial calls have shown already is kept when others hang', () => {
  const machine = machineOf({ halfOpen: { permits: 3, maxWaitMs: 500 } });
  open(machine, 0);
  const trials = Array.from({ length: 3 }, () => call(machine, 1_000));
  trials[0]!('failure');
  run(machine, 1_500, 'failure');
  expect(machine.kindAt(1_500)).toBe('open');
});

test('a trial call that takes less than maxWaitMs is waited for', () => {
  const machine = machineOf({ halfOpen: { maxWaitMs: 500 } });
  open(machine, 0);
  const trial = call(machine, 1_000);
  expect(refusal(machine, 1_499)).toMatchObject({ reason: 'half-open' });
  trial('success', 1_499);
  expect(machine.kindAt(1_499)).toBe('closed');
});

test('nothing that was admitted in an earlier state changes the present one (T1)', () => {
  const machine = machineOf({ halfOpen: { permits: 2 } });
  const early = Array.from({ length: 5 }, () => call(machine, 0));
  open(machine, 0);
  early[0]!('failure', 500);
  expect(refusal(machine, 500)).toEqual({ reason: 'open', retryAfterMs: 500 });
  const trials = [call(machine, 1_000), call(machine, 1_000)];
  early[1]!('success', 1_001);
  early[2]!('failure', 1_001);
  early[3]!('cancelled', 1_001);
  expect(machine.current).toMatchObject({ kind: 'half-open', outstanding: 2, tally: { calls: 0 } });
  for (const trial of trials) trial('success', 1_002);
  early[4]!('failure', 1_003);
  expect(machine.current).toMatchObject({ kind: 'closed', consecutiveFailures: 0, window: { calls: 0 } });
});

test('simultaneous failures open it once (T6)', () => {
  const machine = machineOf({});
  const calls = Array.from({ length: 10 }, () => call(machine, 0));
  for (const end of calls) end('failure', 5);
  expect(machine.current).toMatchObject({ kind: 'open', openings: 1, until: 1_005 });
  expect(machine.generation).toBe(1);
});

test('the open time grows while trials fail, and begins anew after a while closed', () => {
  const machine = machineOf({ backoff: { factor: 2, capMs: 3_000, jitterRatio: 0, resetAfterMs: 10_000 } });
  open(machine, 0);
  const openTimes: number[] = [];
  let now = 0;
  for (let opening = 0; opening < 4; opening++) {
    if (machine.current.kind !== 'open') throw new Error(machine.current.kind);
    openTimes.push(machine.current.until - now);
    now = machine.current.until;
    run(machine, now, 'failure');
  }
  expect(openTimes).toEqual([1_000, 2_000, 3_000, 3_000]);
  now += 3_000;
  run(machine, now, 'success');
  open(machine, now + 9_999);
  expect(machine.current).toMatchObject({ openings: 6, until: now + 12_999 });
  run(machine, now + 12_999, 'success');
  open(machine, now + 22_999);
  expect(machine.current).toMatchObject({ openings: 1, until: now + 23_999 });
});

test('the first opening asks for no chance', () => {
  const machine = machineOf({}, () => {
    throw new Error('not asked for');
  });
  const verdicts = [1, 2, 3, 4].map(() => machine.learn(0, 'failure', 0));
  expect(machine.follow(verdicts[3]!, 0).to).toMatchObject({ kind: 'open', until: 1_000 });
});

test('no open time at all tries again at once, without recursion (T42)', () => {
  const machine = machineOf({ openMs: 0 });
  open(machine, 5);
  for (let trial = 0; trial < 10_000; trial++) {
    expect(machine.kindAt(5)).toBe('half-open');
    run(machine, 5, 'failure');
  }
  run(machine, 5, 'success');
  expect(machine.kindAt(5)).toBe('closed');
});

test('isolated, it refuses for good; closed by hand, it starts afresh', () => {
  const machine = machineOf({ ramp: { durationMs: 1_000 } });
  open(machine, 0);
  machine.isolate();
  expect(refusal(machine, 1e9)).toEqual({ reason: 'isolated', retryAfterMs: undefined });
  machine.close(1e9);
  expect(machine.unhindered).toBe(true);
  expect(machine.current).toMatchObject({ kind: 'closed', openings: 0, window: { calls: 0 } });
});

test('the ramp lets a growing share through, evenly from its start to all', () => {
  const machine = machineOf({ ramp: { durationMs: 10_000, startRatio: 0.1 } }, seededRandom(1));
  open(machine, 0);
  run(machine, 1_000, 'success');
  expect([1_000, 3_500, 6_000, 11_000].map((now) => machine.admittedRatio(now))).toEqual([0.1, 0.325, 0.55, 1]);
  for (const [now, share] of [
    [1_000, 0.1],
    [6_000, 0.55],
  ] as const) {
    const admitted = Array.from({ length: 10_000 }, () => refusal(machine, now)).filter((answer) => answer === undefined);
    expect(admitted.length / 10_000).toBeCloseTo(share, 1);
  }
  expect(machine.unhindered).toBe(false);
  expect(refusal(machine, 11_000)).toBeUndefined();
  expect(machine.unhindered).toBe(true);
});

test('a refusal of the ramp asks to try again soon, and never after its end', () => {
  const machine = machineOf({ ramp: { durationMs: 10_000 } }, () => 0.999);
  open(machine, 0);
  run(machine, 1_000, 'success');
  expect(refusal(machine, 2_000)).toEqual({ reason: 'ramp', retryAfterMs: 1_000 });
  expect(refusal(machine, 10_800)).toEqual({ reason: 'ramp', retryAfterMs: 200 });
});

test('a relapse in the ramp is seen by fewer calls than elsewhere, and opens for longer than before', () => {
  const machine = machineOf({
    minimumCalls: 20,
    consecutiveFailures: 6,
    backoff: { jitterRatio: 0 },
    ramp: { durationMs: 10_000 },
  });
  run(machine, 0, ...Array<OutcomeKind>(6).fill('failure'));
  run(machine, 1_000, 'success');
  run(machine, 2_000, 'failure', 'success', 'failure', 'success');
  expect(machine.kindAt(2_000)).toBe('closed');
  run(machine, 2_000, 'failure');
  expect(machine.current).toMatchObject({
    kind: 'open',
    until: 4_000,
    openings: 2,
    verdict: { broken: 'failureRatio', calls: 5 },
  });
});

test('after the ramp as many calls are needed as ever', () => {
  const machine = machineOf({ minimumCalls: 20, consecutiveFailures: 9, ramp: { durationMs: 1_000 } });
  run(machine, 0, ...Array<OutcomeKind>(9).fill('failure'));
  run(machine, 1_000, 'success');
  run(machine, 2_000, 'failure', 'failure', 'failure', 'failure', 'failure');
  expect(machine.kindAt(2_000)).toBe('closed');
});
