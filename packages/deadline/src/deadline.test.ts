import { DeadlineError, openCall, pipeline } from '@holdfast/core';
import type { CallContext } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { behindWitness, errorOf, hangs, shutDoor, stubborn, witness } from '../test/support.ts';
import { withCall } from './ambient.ts';
import { deadline } from './deadline.ts';
import { timeout } from './timeout.ts';

const down = new Error('down');

describe('a deadline', () => {
  test('ends an operation that goes on, and counts as a failure of the dependency', async () => {
    const { clock, outside, service } = behindWitness((clock) => [deadline({ ms: 2_000, clock })]);
    let signal: AbortSignal | undefined;
    const call = service.run((inside) => {
      signal = inside.signal;
      return hangs();
    });
    const error = call.catch((reason: unknown) => reason);
    await clock.advance(1_999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await error).toMatchObject({ code: 'HOLDFAST_DEADLINE', policy: 'deadline', timeoutMs: 2_000 });
    expect(signal?.reason).toBe(await error);
    expect(outside.seen).toEqual(['failure']);
  });

  test('ends the wait in a queue, which takes the call out, and counts as our own refusal', async () => {
    const door = shutDoor();
    const { clock, outside, service } = behindWitness((clock) => [deadline({ ms: 200, clock }), door]);
    const operation = vi.fn<() => void>();
    const call = errorOf(service.run(operation));
    await clock.advance(199);
    expect(door.waiting).toBe(1);
    await clock.advance(1);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(door.waiting).toBe(0);
    expect(operation).not.toHaveBeenCalled();
    expect(outside.seen).toEqual(['rejected']);
  });

  test('ends the wait before another attempt', async () => {
    const { clock, outside, service } = behindWitness((clock) => [deadline({ ms: 200, clock }), stubborn(60)]);
    const operation = scripted([{ error: down }], { clock });
    const call = errorOf(service.run(operation));
    await clock.advance(200);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(operation.calls.map(({ at }) => at)).toEqual([0, 60, 120, 180]);
    expect(outside.seen).toEqual(['failure']);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('is shared by all attempts, each of which may have less', async () => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: 250, clock }), stubborn(0), timeout({ ms: 100, clock })]);
    const left: number[] = [];
    const call = errorOf(
      service.run((inside) => {
        left.push(inside.remainingMs());
        return hangs();
      }),
    );
    await clock.advance(250);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(left).toEqual([100, 100, 50]);
  });

  test('that is cooperative waits for the operation, and then reports itself', async () => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: 100, cooperative: true, clock })]);
    const operation = scripted([{ afterMs: 300, error: down }], { clock, ignoresSignal: true });
    let settled = false;
    const call = service.run(operation).finally(() => (settled = true));
    const rejected = errorOf(call);
    await clock.advance(299);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(await rejected).toBeInstanceOf(DeadlineError);
  });

  test('that passed while our own loop was blocked is charged to nobody (T29)', async () => {
    const { clock, outside, service } = behindWitness((clock) => [deadline({ ms: 100, clock })]);
    const call = errorOf(service.run(hangs));
    clock.stall(300);
    await clock.advance(0);
    expect(await call).toBeInstanceOf(DeadlineError);
    expect(outside.seen).toEqual(['stalled']);
  });

  test('leaves no timer after an answer, and has a state to show', async () => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: 100, clock, name: 'slo' })]);
    await expect(service.run(() => 'answer')).resolves.toBe('answer');
    expect(clock.pendingTimers).toEqual([]);
    expect(service.snapshot().policies[1]).toEqual({
      policy: 'slo',
      kind: 'deadline',
      ms: 100,
      minimumMs: 0,
      cooperative: false,
      fired: 0,
      refused: 0,
    });
  });

  test("is not what the caller's abort is reported as (T10)", async () => {
    const { clock, outside, service } = behindWitness((clock) => [deadline({ ms: 100, clock }), shutDoor()]);
    const caller = new AbortController();
    const call = errorOf(service.run(hangs, { signal: caller.signal }));
    await clock.advance(50);
    caller.abort('gone');
    expect(await call).toBe('gone');
    expect(outside.seen).toEqual(['cancelled']);
  });
});

test('says how much time was left of a call that it did not begin', async () => {
  const clock = new VirtualClock();
  const service = pipeline({ name: 'service', clock }, deadline({ ms: 100, minimumMs: 20, clock, name: 'slo' }));
  const outer = openCall('request', { timeoutMs: 30 }, clock);
  await clock.advance(10.4);
  await expect(service.run(() => 1, outer)).rejects.toThrow('slo: not begun with 20 ms left, which is less than 20');
  const late = openCall('request', { timeoutMs: 0 }, clock);
  await expect(service.run(() => 1, late)).rejects.toThrow('the deadline of 0 ms has passed');
  outer.close();
  late.close();
});

describe('the earliest of all limits holds (T27)', () => {
  const limits = ['own', 'timeoutMs', 'parent', 'ambient'] as const;
  test.each(limits)('when that is %s', async (earliest) => {
    const clock = new VirtualClock();
    const msOf = (limit: (typeof limits)[number]): number => (limit === earliest ? 100 : 300);
    const service = pipeline({ name: 'service', clock }, deadline({ ms: msOf('own'), clock }));
    const request = openCall('request', { timeoutMs: msOf('ambient') }, clock);
    const outer = openCall('outer', { timeoutMs: msOf('parent'), parent: request }, clock);
    let inside: CallContext | undefined;
    const call = withCall(request, () =>
      service.run(
        (context) => {
          inside = context;
          return hangs();
        },
        { timeoutMs: msOf('timeoutMs'), ...(earliest === 'ambient' ? {} : { parent: outer }) },
      ),
    );
    const rejected = errorOf(call);
    await clock.advance(40);
    expect(inside?.deadline).toBe(100);
    expect(inside?.remainingMs()).toBe(60);
    await clock.advance(60);
    expect(await rejected).toMatchObject({ code: 'HOLDFAST_DEADLINE', timeoutMs: 100 });
    outer.close();
    request.close();
    expect(clock.pendingTimers).toEqual([]);
  });

  test('and a longer one further in makes it no longer', async () => {
    const { clock, service } = behindWitness((clock) => [
      deadline({ ms: 100, clock }),
      deadline({ ms: 900, clock, name: 'inner' }),
    ]);
    const call = errorOf(service.run(hangs));
    await clock.advance(100);
    expect(await call).toMatchObject({ policy: 'deadline', timeoutMs: 100 });
  });
});

describe('a call that cannot end in time is not begun', () => {
  const within = (leftMs: number, minimumMs: number): ReturnType<typeof behindWitness> & { call: Promise<unknown> } => {
    const given = behindWitness((clock) => [deadline({ ms: 1_000, minimumMs, clock })]);
    return { ...given, call: given.service.run(() => 'answer', { timeoutMs: leftMs }) };
  };

  test('when less than the minimum is left outside', async () => {
    const { call, outside, clock } = within(49, 50);
    await expect(call).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE', timeoutMs: 49 });
    expect(outside.seen).toEqual(['rejected']);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('but is when just the minimum is', async () => {
    await expect(within(50, 50).call).resolves.toBe('answer');
  });

  test.each([100, 300])('when the time outside is over after %d ms although nobody has said so yet', async (stallMs) => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: 1_000, clock })]);
    const request = openCall('request', { timeoutMs: 100 }, clock);
    clock.stall(stallMs);
    expect(request.cancelled).toBe(false);
    const operation = vi.fn<() => void>();
    await expect(service.run(operation, request)).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE', timeoutMs: 0 });
    expect(operation).not.toHaveBeenCalled();
    request.close();
  });

  test('and one that nothing limits from outside always is', async () => {
    const { service } = behindWitness((clock) => [deadline({ ms: 100, minimumMs: 99, clock })]);
    await expect(service.run(() => 'answer')).resolves.toBe('answer');
  });

  test('of Infinity only watches over the limits further out', async () => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: Number.POSITIVE_INFINITY, minimumMs: 20, clock })]);
    await expect(service.run(() => 'answer', { timeoutMs: 19 })).rejects.toBeInstanceOf(DeadlineError);
    await expect(service.run((call) => call.remainingMs(), { timeoutMs: 21 })).resolves.toBe(21);
    await expect(service.run((call) => call.remainingMs())).resolves.toBe(Number.POSITIVE_INFINITY);
    expect(clock.pendingTimers).toEqual([]);
  });
});

test('what is further out goes on after it: a deadline ends only what is inside it', async () => {
  const inner = witness();
  const { clock, outside, service } = behindWitness((clock) => [stubborn(5), deadline({ ms: 100, clock }), inner]);
  const operation = scripted([{ afterMs: 500 }, { afterMs: 20, value: 'second try' }], { clock });
  const call = service.run(operation);
  await clock.advance(125);
  await expect(call).resolves.toBe('second try');
  expect(inner.seen).toEqual(['failure', 'success']);
  expect(outside.seen).toEqual(['success']);
});

describe('options that cannot be', () => {
  test.each([
    [undefined, 'ms'],
    [{}, 'ms'],
    [{ ms: 0 }, 'ms'],
    [{ ms: Number.NaN }, 'ms'],
    [{ ms: () => 5 }, 'ms'],
    [{ ms: 5, minimumMs: -1 }, 'minimumMs'],
    [{ ms: 5, minimumMs: 5 }, 'minimumMs'],
    [{ ms: 5, minimumMs: Number.POSITIVE_INFINITY }, 'minimumMs'],
    [{ ms: 5, cooperative: 'yes' }, 'cooperative'],
    [{ ms: 5, clock: {} }, 'clock'],
    [{ ms: 5, minMs: 2 }, 'minMs'],
  ])('are refused when it is made: %o', (options, option) => {
    expect(() => deadline(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });

  test('say what would be accepted', () => {
    const allowed = 'option ms must be a finite number above 0, or Infinity, in milliseconds, got';
    expect(() => deadline({} as never)).toThrow(`${allowed} undefined`);
    expect(() => deadline({ ms: -1 })).toThrow(`${allowed} -1`);
    expect(() => deadline({ ms: 5, minimumMs: 6 })).toThrow('option minimumMs must be below ms, which is 5, got 6');
  });

  test('are not changed when they are good (T38)', () => {
    const options = Object.freeze({ ms: 5 });
    deadline(options);
    expect(options).toEqual({ ms: 5 });
  });
});
