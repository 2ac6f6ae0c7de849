import { getEventListeners } from 'node:events';
import { ConfigError, pipeline, systemClock } from '@holdfast/core';
import type { CallContext, PolicyCall } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { behindWitness, errorOf, hangs, stubborn } from '../test/support.ts';
import { timeout } from './timeout.ts';
import { TimeoutError } from './timeout-error.ts';

const limited = (ms: number, cooperative = false): ReturnType<typeof behindWitness> =>
  behindWitness((clock) => [timeout({ ms, cooperative, clock })]);

describe('a time-out', () => {
  test('rejects at its time with the time that was allowed, and counts as a failure', async () => {
    const { clock, outside, service } = limited(500);
    let settled = false;
    const call = service.run(hangs).finally(() => (settled = true));
    const rejected = errorOf(call);
    await clock.advance(499);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(await rejected).toMatchObject({
      code: 'HOLDFAST_TIMEOUT',
      name: 'TimeoutError',
      policy: 'timeout',
      timeoutMs: 500,
      message: 'timeout: no answer within 500 ms',
    });
    expect(outside.seen).toEqual(['failure']);
  });

  test('lets an answer and an error in time pass as they are, and leaves no timer', async () => {
    const { clock, outside, service } = limited(500);
    const answer = { id: 1 };
    await expect(service.run(() => answer)).resolves.toBe(answer);
    const error = new Error('down');
    await expect(service.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(clock.pendingTimers).toEqual([]);
    expect(outside.seen).toEqual(['success', 'failure']);
  });

  test('passes on what an operation throws at once (T32)', async () => {
    const { clock, service } = limited(500);
    const throws = (): never => {
      throw new TypeError('at once');
    };
    await expect(service.run(throws)).rejects.toThrow('at once');
    expect(clock.pendingTimers).toEqual([]);
  });

  test('passes undefined on from an operation that is not async (T32)', async () => {
    const { service } = limited(500);
    await expect(service.run(() => undefined)).resolves.toBeUndefined();
  });

  test('bounds the waits inside it, too', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: 100, clock }), stubborn(30)]);
    const operation = scripted([{ error: new Error('down') }], { clock });
    const call = errorOf(service.run(operation));
    await clock.advance(100);
    expect(await call).toBeInstanceOf(TimeoutError);
    expect(operation.calls.map(({ at }) => at)).toEqual([0, 30, 60, 90]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('gives every attempt its time anew', async () => {
    const { clock, service } = behindWitness((clock) => [stubborn(10), timeout({ ms: 100, clock })]);
    const operation = scripted([{ afterMs: 200 }, { afterMs: 99, value: 'answer' }], { clock });
    const call = service.run(operation);
    await clock.advance(209);
    await expect(call).resolves.toBe('answer');
    expect(operation.calls).toMatchObject([
      { at: 0, aborted: true, attempt: 1 },
      { at: 110, aborted: false, attempt: 2 },
    ]);
  });

  test('shows its end to the operation', async () => {
    const { clock, service } = limited(500);
    await clock.advance(40);
    await service.run((call) => {
      expect(call.deadline).toBe(540);
      expect(call.remainingMs()).toBe(500);
    });
  });

  test('of Infinity sets no bound', async () => {
    const { clock, service } = limited(Number.POSITIVE_INFINITY);
    const operation = scripted([{ afterMs: 1e12, value: 'late' }], { clock });
    const call = service.run((inside) => {
      expect(inside.remainingMs()).toBe(Number.POSITIVE_INFINITY);
      return operation(inside);
    });
    await clock.advance(1e12);
    await expect(call).resolves.toBe('late');
  });

  test('has a name and a state to show', () => {
    expect(timeout({ ms: 500 }).snapshot()).toEqual({
      policy: 'timeout',
      kind: 'timeout',
      ms: 500,
      cooperative: false,
      fired: 0,
      refused: 0,
    });
    expect(timeout({ ms: () => 5, name: 'attempt', cooperative: true }).snapshot()).toEqual({
      policy: 'attempt',
      kind: 'timeout',
      ms: 'computed',
      cooperative: true,
      fired: 0,
      refused: 0,
    });
  });
});

describe('an operation left behind', () => {
  test('is told by its signal, with the error that was thrown', async () => {
    const { clock, service } = limited(500);
    let signal: AbortSignal | undefined;
    const call = service.run((inside) => {
      signal = inside.signal;
      return hangs();
    });
    const rejected = call.catch((error: unknown) => error);
    await clock.advance(500);
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBe(await rejected);
  });

  test.each([
    ['rejects', (late: PromiseWithResolvers<string>) => late.reject(new Error('late'))],
    ['answers', (late: PromiseWithResolvers<string>) => late.resolve('late')],
  ])('is not heard of again when it %s late (T31)', async (_how, settle) => {
    const { clock, outside, service } = limited(500);
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const late = Promise.withResolvers<string>();
    const call = errorOf(service.run(() => late.promise));
    await clock.advance(500);
    expect(await call).toBeInstanceOf(TimeoutError);
    settle(late);
    await clock.advance(500);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(outside.seen).toEqual(['failure']);
  });

  test('keeps its own number, aborted signal and used-up time while the next attempt runs (T9)', async () => {
    const { clock, service } = behindWitness((clock) => [stubborn(0), timeout({ ms: 100, clock })]);
    const attempts: CallContext[] = [];
    const call = service.run((inside) => {
      attempts.push(inside);
      return inside.attempt === 1 ? hangs() : 'answer';
    });
    await clock.advance(100);
    await expect(call).resolves.toBe('answer');
    const [first, second] = attempts as [CallContext, CallContext];
    expect([first.attempt, first.signal.aborted, first.remainingMs()]).toEqual([1, true, 0]);
    expect([second.attempt, second.signal.aborted]).toEqual([2, false]);
  });
});

test('does not touch another call of the same pipeline that is in time (T9)', async () => {
  const { clock, service } = limited(500);
  const slow = errorOf(service.run(hangs));
  await clock.advance(300);
  let signal: AbortSignal | undefined;
  const operation = scripted([{ afterMs: 400, value: 'answer' }], { clock });
  const healthy = service.run((inside) => {
    signal = inside.signal;
    return operation(inside);
  });
  await clock.advance(400);
  expect(await slow).toBeInstanceOf(TimeoutError);
  await expect(healthy).resolves.toBe('answer');
  expect(signal?.aborted).toBe(false);
});

describe('a cooperative time-out', () => {
  test('tells the operation, waits for it, and then reports the time-out', async () => {
    const { clock, outside, service } = limited(500, true);
    const end = Promise.withResolvers<string>();
    let aborted = false;
    let settled = false;
    const call = service
      .run(async (inside) => {
        inside.signal.addEventListener('abort', () => (aborted = true));
        return end.promise;
      })
      .finally(() => (settled = true));
    call.catch(() => {});
    await clock.advance(10_000);
    expect({ aborted, settled }).toEqual({ aborted: true, settled: false });
    end.reject(new Error('stopped'));
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    expect(outside.seen).toEqual(['failure']);
  });

  test('gives an answer that comes all the same to the caller', async () => {
    const { clock, outside, service } = limited(500, true);
    const operation = scripted([{ afterMs: 700, value: 'late, but here' }], { clock, ignoresSignal: true });
    const call = service.run(operation);
    await clock.advance(700);
    await expect(call).resolves.toBe('late, but here');
    expect(outside.seen).toEqual(['success']);
  });

  test("does not keep the caller's abort waiting", async () => {
    const { clock, outside, service } = limited(500, true);
    const caller = new AbortController();
    const call = errorOf(service.run(hangs, { signal: caller.signal }));
    await clock.advance(600);
    caller.abort('gone');
    expect(await call).toBe('gone');
    expect(outside.seen).toEqual(['cancelled']);
  });
});

describe("the caller's abort is never reported as a time-out (T10)", () => {
  test.each([false, true])('cooperative: %s', async (cooperative) => {
    const { clock, outside, service } = limited(500, cooperative);
    const caller = new AbortController();
    const reason = new Error('the user left');
    const call = errorOf(service.run(hangs, { signal: caller.signal }));
    await clock.advance(100);
    caller.abort(reason);
    expect(await call).toBe(reason);
    expect(outside.seen).toEqual(['cancelled']);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('not even when it comes in the very millisecond, before the timer', async () => {
    const { clock, outside, service } = limited(500);
    const caller = new AbortController();
    const call = errorOf(service.run(hangs, { signal: caller.signal }));
    await clock.advance(100);
    clock.stall(400);
    caller.abort('gone');
    await clock.advance(1_000);
    expect(await call).toBe('gone');
    expect(outside.seen).toEqual(['cancelled']);
  });

  test('nor is a time-out reported as the abort that follows it', async () => {
    const { clock, outside, service } = limited(500);
    const caller = new AbortController();
    const call = errorOf(service.run(hangs, { signal: caller.signal }));
    await clock.advance(500);
    caller.abort('gone');
    expect(await call).toBeInstanceOf(TimeoutError);
    expect(outside.seen).toEqual(['failure']);
  });

  test('and no listener stays on a signal used for a thousand calls (T11)', async () => {
    const { clock, service } = limited(500);
    const { signal } = new AbortController();
    for (let i = 0; i < 1_000; i++) await service.run(() => i, { signal });
    const late = service.run(hangs, { signal }).catch(() => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await clock.advance(500);
    await late;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a time-out computed for each call', () => {
  test('is asked for once an attempt, with the call', async () => {
    const ms = vi.fn<(call: PolicyCall) => number>((call) => (call.key === 'slow' ? 100 : 50) * call.attempt);
    const { clock, service } = behindWitness((clock) => [stubborn(0), timeout({ ms, clock })]);
    const at: number[] = [];
    const operation = (): Promise<never> => {
      at.push(clock.now());
      return hangs();
    };
    const caller = new AbortController();
    const call = service.run(operation, { key: 'slow', signal: caller.signal }).catch(() => {});
    await clock.advance(600);
    caller.abort();
    await call;
    expect(at).toEqual([0, 100, 300, 600]);
    expect(ms).toHaveBeenCalledTimes(4);
  });

  test('may share out what is left', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: (call) => call.remainingMs() / 2, clock })]);
    const call = errorOf(service.run(hangs, { timeoutMs: 400 }));
    await clock.advance(200);
    expect(await call).toMatchObject({
      code: 'HOLDFAST_TIMEOUT',
      timeoutMs: 200,
    });
  });

  test('is whole milliseconds in words, and exact as a number', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: (call) => call.remainingMs() / 3, clock })]);
    const call = errorOf(service.run(hangs, { timeoutMs: 100 }));
    await clock.advance(34);
    expect(await call).toMatchObject({ timeoutMs: 100 / 3, message: 'timeout: no answer within 34 ms' });
  });

  test.each([0, -5, Number.NEGATIVE_INFINITY])('that comes out as %s refuses at once, without beginning', async (ms) => {
    const { clock, outside, service } = behindWitness((clock) => [timeout({ ms: () => ms, clock })]);
    const operation = vi.fn<() => void>();
    await expect(service.run(operation)).rejects.toMatchObject({
      code: 'HOLDFAST_TIMEOUT',
      timeoutMs: 0,
      message: 'timeout: no time was left, so it was not begun',
    });
    expect(operation).not.toHaveBeenCalled();
    expect(outside.seen).toEqual(['rejected']);
    expect(clock.pendingTimers).toEqual([]);
  });

  test.each([Number.NaN, '500', undefined, null, 5n])('that comes out as %s is a mistake, and said so', async (ms) => {
    const { outside, service } = behindWitness((clock) => [timeout({ ms: () => ms as number, clock, name: 'attempt' })]);
    const operation = vi.fn<() => void>();
    await expect(service.run(operation)).rejects.toMatchObject({
      code: 'HOLDFAST_CONFIG',
      policy: 'attempt',
      option: 'ms',
      allowed: 'a number, in milliseconds, as computed for this call',
    });
    expect(operation).not.toHaveBeenCalled();
    expect(outside.seen).toEqual(['rejected']);
  });

  test('that throws rejects the call with its error, and is not blamed on the dependency', async () => {
    const { clock, outside, service } = behindWitness((clock) => [
      timeout({
        ms: () => {
          throw new RangeError('no table');
        },
        clock,
      }),
    ]);
    await expect(service.run(hangs)).rejects.toThrow('no table');
    expect(outside.seen).toEqual(['rejected']);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('delays beyond what system timers take (T23)', () => {
  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 40, Number.MAX_VALUE])('%d ms does not fire early', async (ms) => {
    const { clock, service } = limited(ms);
    const operation = scripted([{ afterMs: ms * 0.9, value: 'answer' }], { clock });
    const call = service.run(operation);
    await clock.runAll();
    await expect(call).resolves.toBe('answer');
  });

  test('nor on the system clock, where such a timer fires at once', async () => {
    const service = pipeline('service', timeout({ ms: 2 ** 31 }));
    const reply = Promise.withResolvers<string>();
    const call = service.run(() => reply.promise);
    await systemClock.sleep(20);
    reply.resolve('answer');
    await expect(call).resolves.toBe('answer');
  });
});

describe('a blocked event loop is not charged to the dependency (T29)', () => {
  test('an answer that was there when the loop came back wins', async () => {
    const { clock, outside, service } = limited(100);
    const reply = Promise.withResolvers<string>();
    const call = service.run(() => reply.promise);
    clock.stall(300);
    reply.resolve('answer');
    await clock.advance(0);
    await expect(call).resolves.toBe('answer');
    expect(outside.seen).toEqual(['success']);
  });

  test('without an answer the call ends, as stalled rather than failed', async () => {
    const { clock, outside, service } = limited(100);
    const call = errorOf(service.run(hangs));
    clock.stall(300);
    await clock.advance(0);
    expect(await call).toBeInstanceOf(TimeoutError);
    expect(outside.seen).toEqual(['stalled']);
  });

  test('but time that ran out after the stall is', async () => {
    const { clock, outside, service } = limited(100);
    const call = errorOf(service.run(hangs));
    clock.stall(50);
    await clock.advance(50);
    expect(await call).toBeInstanceOf(TimeoutError);
    expect(outside.seen).toEqual(['failure']);
  });
});

describe('options that cannot be', () => {
  test.each([
    [{ ms: 0 }, 'ms'],
    [{ ms: -1 }, 'ms'],
    [{ ms: Number.NaN }, 'ms'],
    [{ ms: '500' }, 'ms'],
    [{}, 'ms'],
    [undefined, 'ms'],
    [{ ms: 5, cooperative: 1 }, 'cooperative'],
    [{ ms: 5, name: '' }, 'name'],
    [{ ms: 5, clock: Date }, 'clock'],
    [{ timeoutMs: 5 }, 'timeoutMs'],
  ])('are refused when it is made: %o', (options, option) => {
    expect(() => timeout(options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });

  test('say what would be accepted', () => {
    expect(() => timeout({ ms: 0 })).toThrow('must be a number above 0, in milliseconds, or a function (call) => number, got 0');
  });

  test('are found also by the pipeline, when its clock is another', () => {
    expect(() => pipeline('service', timeout({ ms: 5, clock: new VirtualClock() }))).toThrow(ConfigError);
  });

  test('are neither changed nor kept when they are good (T38)', async () => {
    const clock = new VirtualClock();
    const options = Object.freeze({ ms: 500, clock });
    expect(timeout(options).clock).toBe(clock);
    expect(options).toEqual({ ms: 500, clock });
  });
});
