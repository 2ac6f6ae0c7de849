import { CircuitOpenError } from '@holdfast/circuit-breaker';
import type { Guard } from '@holdfast/core';
import { scripted } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { behindBreaker, fails, hanging, timeLimit, TooLate, works } from './support.ts';

const refused = expect.any(CircuitOpenError) as unknown;

describe('T1: outcomes from an earlier state', () => {
  test('a success admitted while closed does not close a half-open circuit', async () => {
    const { clock, breaker, service, play } = behindBreaker();
    const early = hanging();
    const late = service.run(early.operation);
    await play(fails, fails);
    await clock.advance(1_000);
    const trial = hanging();
    const trying = service.run(trial.operation);
    early.answer();
    await expect(late).resolves.toBe('late answer');
    expect(breaker.state).toBe('half-open');
    trial.fail();
    await expect(trying).rejects.toThrow('late failure');
    expect(breaker.state).toBe('open');
  });

  test('a failure admitted while closed neither reopens it nor takes the trial its verdict', async () => {
    const { clock, breaker, service, play } = behindBreaker();
    const early = hanging();
    const late = service.run(early.operation);
    await play(fails, fails);
    await clock.advance(1_000);
    const trial = hanging();
    const trying = service.run(trial.operation);
    early.fail();
    await expect(late).rejects.toThrow('late failure');
    expect(breaker.snapshot()).toMatchObject({ state: 'half-open', failures: 0, outstandingTrials: 1 });
    trial.answer();
    await trying;
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
  });

  test('failures admitted before an opening do not count against the recovered dependency', async () => {
    const { clock, breaker, service, play } = behindBreaker();
    const early = Array.from({ length: 10 }, hanging);
    const late = Promise.allSettled(early.map(({ operation }) => service.run(operation)));
    await play(fails, fails);
    await clock.advance(1_000);
    await play(works);
    for (const one of early) one.fail();
    await late;
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
  });
});

test('T2: a trial that hangs does not keep the circuit half-open for ever', async () => {
  const { clock, breaker, service, play } = behindBreaker({ halfOpen: { maxWaitMs: 10_000 } });
  await play(fails, fails);
  await clock.advance(1_000);
  const trial = hanging();
  const lost = service.run(trial.operation);
  await clock.advance(9_999);
  expect(await play(works)).toEqual([refused]);
  await clock.advance(1);
  expect(await play(works, works)).toEqual(['answer', 'answer']);
  expect(breaker.state).toBe('closed');
  trial.fail();
  await expect(lost).rejects.toThrow('late failure');
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 1, failures: 0 });
});

test('T2: a refusal by a policy further in gives the permit back', async () => {
  let full = false;
  const bulkhead: Guard = {
    name: 'bulkhead',
    enter: () => {
      if (full) throw new Error('full');
    },
  };
  const { clock, breaker, play } = behindBreaker({}, { inside: [bulkhead] });
  await play(fails, fails);
  await clock.advance(1_000);
  full = true;
  await play(works, works, works);
  expect(breaker.snapshot()).toMatchObject({ state: 'half-open', outstandingTrials: 0 });
  full = false;
  await play(works);
  expect(breaker.state).toBe('closed');
});

test('T3, T4: of a thousand callers the trials go through, and the others are refused at once', async () => {
  const { clock, service, play } = behindBreaker({ halfOpen: { permits: 5 } });
  await play(fails, fails);
  await clock.advance(1_000);
  const dependency = scripted([{ afterMs: 300, value: 'answer' }], { clock });
  const endings = Promise.allSettled(Array.from({ length: 1_000 }, () => service.run(dependency)));
  await clock.advance(0);
  expect(dependency.running).toBe(5);
  await clock.advance(300);
  const rejected = (await endings).filter(({ status }) => status === 'rejected');
  expect(rejected).toHaveLength(995);
  expect(dependency.calls).toHaveLength(5);
});

test('T5: a trial whose caller gives up, or that says nothing, gives its permit back and decides nothing', async () => {
  const { clock, breaker, service, play } = behindBreaker({}, { classify: ({ threw }) => (threw ? undefined : 'ignored') });
  await play(fails, fails);
  await clock.advance(1_000);
  const caller = new AbortController();
  const trial = service.run(hanging().operation, { signal: caller.signal });
  expect(breaker.snapshot().outstandingTrials).toBe(1);
  caller.abort(new Error('gone'));
  await expect(trial).rejects.toThrow('gone');
  expect(breaker.snapshot()).toMatchObject({ state: 'half-open', outstandingTrials: 0 });
  await play(works, works);
  expect(breaker.snapshot()).toMatchObject({ state: 'half-open', outstandingTrials: 0 });
});

test('T6: failures of the same instant open it once, and recovery comes on time', async () => {
  const { clock, breaker, service } = behindBreaker();
  const dependency = scripted([{ afterMs: 50, error: new Error('down') }], { clock });
  const endings = Promise.allSettled(Array.from({ length: 20 }, () => service.run(dependency)));
  await clock.advance(50);
  await endings;
  expect(breaker.snapshot()).toMatchObject({ state: 'open', openings: 1, openForMs: 1_000 });
  await clock.advance(1_000);
  expect(breaker.state).toBe('half-open');
});

test('T12: failures from before an idle time do not open it', async () => {
  const { clock, breaker, play } = behindBreaker({ minimumCalls: 5 });
  await play(fails, fails, fails, fails);
  await clock.advance(300_000);
  await play(fails);
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 1, failures: 1 });
});

test('T13: a call counts when it ends, however long ago it was admitted', async () => {
  const { clock, breaker, service } = behindBreaker();
  const slow = [hanging(), hanging()];
  const endings = Promise.allSettled(slow.map(({ operation }) => service.run(operation)));
  await clock.advance(60_000);
  expect(breaker.snapshot().calls).toBe(0);
  for (const one of slow) one.fail();
  await endings;
  expect(breaker.state).toBe('open');
});

test('T14: the success that makes enough calls gets its verdict', async () => {
  const { breaker, play } = behindBreaker({ minimumCalls: 4 });
  await play(fails, fails, fails);
  expect(breaker.state).toBe('closed');
  await play(works);
  expect(breaker.state).toBe('open');
});

test('T15: what never ran is in no denominator: 20 of 20 real calls failed, whatever else was refused, ignored or cancelled', async () => {
  let refusing = false;
  const inner: Guard = {
    enter: () => {
      if (refusing) throw new Error('full');
    },
  };
  const classify = ({ value }: { value: unknown }): 'ignored' | undefined => (value === 'nothing' ? 'ignored' : undefined);
  const { breaker, service, play } = behindBreaker({ minimumCalls: 20 }, { inside: [inner], classify });
  for (let round = 0; round < 20; round++) {
    expect(breaker.state).toBe('closed');
    await play(() => 'nothing');
    refusing = true;
    await play(works);
    refusing = false;
    const caller = new AbortController();
    const cancelled = service.run(hanging().operation, { signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');
    await play(fails);
  }
  expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 20, failures: 20, failureRatio: 1 });
});

test('T16: the ratio is over the calls, not over the minimum of calls', async () => {
  const { breaker, play } = behindBreaker({ minimumCalls: 2 });
  for (let round = 0; round < 30; round++) await play(works, works, fails);
  expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 90, failureRatio: 1 / 3 });
});

test('T24: does not open at the first failure by default', async () => {
  const { breaker, play } = behindBreaker({ minimumCalls: undefined });
  await play(...Array<() => never>(19).fill(fails));
  expect(breaker.state).toBe('closed');
  await play(fails);
  expect(breaker.state).toBe('open');
});

test('T28: an open circuit keeps no process alive', async () => {
  const { clock, breaker, play } = behindBreaker();
  await play(fails, fails);
  expect(breaker.state).toBe('open');
  expect(clock.pendingTimers).toEqual([]);
});

describe('T29: a blocked event loop', () => {
  test('is not charged to the dependency: calls that ran out of time meanwhile do not count', async () => {
    const { clock, breaker, service } = behindBreaker({}, { inside: [timeLimit(100)] });
    const endings = Promise.allSettled(Array.from({ length: 10 }, () => service.run(() => new Promise(() => {}))));
    await clock.advance(50);
    clock.stall(500);
    await clock.advance(0);
    expect((await endings).every(({ status }) => status === 'rejected')).toBe(true);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: 0 });
  });

  test('gives a trial its permit back', async () => {
    const { clock, breaker, service, play } = behindBreaker({}, { inside: [timeLimit(100)] });
    await play(fails, fails);
    await clock.advance(1_000);
    const trial = service.run(() => new Promise(() => {})).catch((error: unknown) => error);
    clock.stall(500);
    await clock.advance(0);
    expect(await trial).toBeInstanceOf(TooLate);
    expect(breaker.snapshot()).toMatchObject({ state: 'half-open', outstandingTrials: 0 });
  });
});

test('T42: no open time at all', async () => {
  const { breaker, play } = behindBreaker({ openMs: 0 });
  expect(await play(fails, fails, fails, fails, works, works)).toHaveLength(6);
  expect(breaker.state).toBe('closed');
});
