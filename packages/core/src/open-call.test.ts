import { describe, expect, test } from 'vitest';
import { openCall } from './open-call.ts';
import { pipeline } from './pipeline.ts';
import type { CallContext } from './policy.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const hang = (): Promise<never> => new Promise(() => {});
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('openCall', () => {
  test('gives a context with what it was told', () => {
    const attributes = { route: '/pay' };
    const call = openCall('request', { key: 'k', criticality: 'sheddable', idempotent: true, attributes });
    expect(call).toMatchObject({ pipeline: 'request', attempt: 1, key: 'k', criticality: 'sheddable', idempotent: true });
    expect(call.attributes).toBe(attributes);
    expect(call.deadline).toBe(Infinity);
    expect(call.remainingMs()).toBe(Infinity);
    expect(openCall('other').id).toBeGreaterThan(call.id);
  });

  test('its time-out ends the pipelines in it, as a deadline of the call', async () => {
    const clock = new VirtualClock({ startMs: 50 });
    const call = openCall('request', { timeoutMs: 100 }, clock);
    expect([call.deadline, call.remainingMs()]).toEqual([150, 100]);
    const error = caught(pipeline({ name: 'p', clock }).run(hang, { parent: call }));
    await clock.advance(100);
    await expect(error).resolves.toMatchObject({ code: 'HOLDFAST_DEADLINE', policy: 'request', timeoutMs: 100 });
    expect(call.cancelled).toBe(true);
    expect(call.signal.aborted).toBe(true);
    expect(call.remainingMs()).toBe(0);
    call.close();
    expect(clock.pendingTimers).toEqual([]);
  });

  test('close lets go of its timer and of the signal, and may be called again', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const call = openCall('request', { timeoutMs: 100, signal: controller.signal }, clock);
    expect(clock.pendingTimers).toHaveLength(1);
    call.close();
    call.close();
    expect(clock.pendingTimers).toEqual([]);
    controller.abort('too late');
    await clock.advance(1_000);
    expect(call.cancelled).toBe(false);
  });

  test('cancel ends what runs in it with its reason', async () => {
    const call = openCall('request');
    const error = caught(pipeline('p').run(hang, call));
    call.cancel('closed by the peer');
    await expect(error).resolves.toBe('closed by the peer');
    expect(call.reason).toBe('closed by the peer');
    await expect(caught(pipeline('p').run(() => 1, call))).resolves.toBe('closed by the peer');
  });

  test('a signal that has aborted before opens a cancelled call', () => {
    const call = openCall('request', { signal: AbortSignal.abort('gone') });
    expect(call).toMatchObject({ cancelled: true, reason: 'gone' });
    expect(call.signal).toMatchObject({ aborted: true, reason: 'gone' });
  });

  test('lies within its parent: what it is not told it takes from there, and it ends with it', () => {
    const clock = new VirtualClock();
    const outer = openCall('outer', { key: 'k', timeoutMs: 100 }, clock);
    const inner = openCall('inner', { parent: outer, timeoutMs: 500 }, clock);
    expect(inner).toMatchObject({ key: 'k', deadline: 100 });
    outer.cancel('over');
    expect(inner.reason).toBe('over');
  });

  test('a call without end has none, also when it is over', async () => {
    let kept: CallContext | undefined;
    await pipeline('p').run((call) => (kept = call), { timeoutMs: Number.POSITIVE_INFINITY });
    expect(kept).toMatchObject({ deadline: Number.POSITIVE_INFINITY });
    expect(kept!.remainingMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('one without any time is over, and its time is now', () => {
    const clock = new VirtualClock();
    const call = openCall('request', { timeoutMs: 0 }, clock);
    expect(call).toMatchObject({ cancelled: true, deadline: clock.now(), reason: { code: 'HOLDFAST_DEADLINE' } });
    expect(call.remainingMs()).toBe(0);
    expect(clock.pendingTimers).toEqual([]);
    call.close();
  });

  test('options that cannot be are refused', () => {
    expect(() => openCall('request', { timeoutMs: -1 })).toThrow('request: option timeoutMs must be');
  });
});

test('the time-out of a call that has none leaves nothing armed, and neither does one without end', () => {
  const clock = new VirtualClock();
  const calls = [openCall('none', {}, clock), openCall('endless', { timeoutMs: Infinity }, clock)];
  expect(clock.pendingTimers).toEqual([]);
  expect(calls.map((call) => [call.cancelled, call.deadline])).toEqual([
    [false, Infinity],
    [false, Infinity],
  ]);
});

test('a call within the call a guard sees is within that guard’s time', async () => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const p = pipeline(
    { name: 'p', clock },
    { enter: (call) => call.limit(100, () => 'over') },
    {
      enter(call) {
        const inner = openCall('inner', { parent: call }, clock);
        seen.push(inner.deadline, inner.attempt, inner.id > call.id);
        inner.close();
      },
    },
  );
  await p.run(() => 1, { attempt: 3 });
  expect(seen).toEqual([100, 3, true]);
});

test('a pipeline on another clock refuses a call of this one, whether given as options or as the parent', async () => {
  const call = openCall('request', {}, new VirtualClock());
  const p = pipeline({ name: 'p', clock: new VirtualClock() });
  for (const options of [call, { parent: call }]) {
    await expect(caught(p.run(() => 1, options))).resolves.toMatchObject({
      code: 'HOLDFAST_CONFIG',
      policy: 'p',
      option: 'parent',
    });
  }
});
