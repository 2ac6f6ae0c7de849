import { setTimeout as delay } from 'node:timers/promises';
import { openCall, pipeline, subscribe } from '@holdfast/core';
import type { CallContext, HoldfastEvent } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf, hangs } from '../test/support.ts';
import { currentCall, withCall } from './ambient.ts';

/** The serving of a request, as a server would open it. */
function openRequest(clock: VirtualClock, timeoutMs = 1_000): ReturnType<typeof openCall> {
  const request = openCall('request', { timeoutMs }, clock);
  onTestFinished(() => request.close());
  return request;
}

function events(): HoldfastEvent[] {
  const seen: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => void seen.push(event)));
  return seen;
}

test('before it was ever used there is no call', () => {
  expect(currentCall()).toBeUndefined();
  expect(withCall(undefined, () => currentCall())).toBeUndefined();
});

describe('the current call', () => {
  test('is the one given, until the function has ended', () => {
    const request = openRequest(new VirtualClock());
    expect(withCall(request, currentCall)).toBe(request);
    expect(currentCall()).toBeUndefined();
  });

  test('comes along through awaits, timers, immediates, ticks and events', async () => {
    const request = openRequest(new VirtualClock());
    const seen = await withCall(request, async () => {
      await Promise.resolve();
      const afterAwait = currentCall();
      await delay(1);
      const afterTimer = currentCall();
      const inImmediate = await new Promise((resolve) => setImmediate(() => resolve(currentCall())));
      const inTick = await new Promise((resolve) => process.nextTick(() => resolve(currentCall())));
      return [afterAwait, afterTimer, inImmediate, inTick, currentCall()];
    });
    expect(seen).toEqual([request, request, request, request, request]);
    expect(currentCall()).toBeUndefined();
  });

  test('is the innermost one, and the outer one again after it', async () => {
    const clock = new VirtualClock();
    const [outer, inner] = [openRequest(clock), openRequest(clock)];
    const seen = await withCall(outer, async () => {
      const inside = await withCall(inner, async () => {
        await Promise.resolve();
        return currentCall();
      });
      return [inside, currentCall()];
    });
    expect(seen).toEqual([inner, outer]);
  });

  test('is gone also after a function that throws or rejects', async () => {
    const request = openRequest(new VirtualClock());
    const fails = (): never => {
      throw new Error('at once');
    };
    expect(() => withCall(request, fails)).toThrow('at once');
    await expect(withCall(request, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(currentCall()).toBeUndefined();
  });

  test('does not mix between requests that are served at the same time', async () => {
    const clock = new VirtualClock();
    const requests = Array.from({ length: 20 }, (_, index) => openRequest(clock, 100 + index));
    const service = pipeline({ name: 'service', clock });
    const served = await Promise.all(
      requests.map((request, index) =>
        withCall(request, async () => {
          for (let turn = 0; turn < index % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
          const deadline = await service.run(async (call) => {
            await Promise.resolve();
            return call.deadline;
          });
          return { own: currentCall() === request, deadline };
        }),
      ),
    );
    expect(served).toEqual(requests.map(({ deadline }) => ({ own: true, deadline })));
  });

  test('of an operation is what it was outside: the operation gets its own as an argument', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock);
    const seen = await withCall(request, () => pipeline({ name: 'service', clock }).run((call) => [currentCall(), call]));
    expect(seen[0]).toBe(request);
    expect(seen[1]).not.toBe(request);
  });
});

describe('a pipeline within a call', () => {
  test('keeps within its time, however deep, and ends with it', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock, 300);
    const [outer, inner] = [pipeline({ name: 'outer', clock }), pipeline({ name: 'inner', clock })];
    let deepest: CallContext | undefined;
    const call = withCall(request, () =>
      outer.run(async () => {
        await Promise.resolve();
        return inner.run((inside) => {
          deepest = inside;
          return hangs();
        });
      }),
    );
    const rejected = errorOf(call);
    await clock.advance(299);
    expect([deepest?.remainingMs(), deepest?.signal.aborted]).toEqual([1, false]);
    await clock.advance(1);
    expect(await rejected).toMatchObject({ code: 'HOLDFAST_DEADLINE', policy: 'request', timeoutMs: 300 });
    expect(deepest?.signal.aborted).toBe(true);
  });

  test('is cancelled with it, for the same reason', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock);
    const seen = events();
    const call = errorOf(withCall(request, () => pipeline({ name: 'service', clock }).run(hangs)));
    await clock.advance(10);
    request.cancel('client gone');
    expect(await call).toBe('client gone');
    expect(seen.at(-1)).toMatchObject({ type: 'call.finished', kind: 'cancelled', error: 'client gone' });
  });

  test('that begins when it is over does not begin', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock);
    request.cancel('client gone');
    let began = false;
    const call = withCall(request, () => pipeline({ name: 'service', clock }).run(() => (began = true)));
    await expect(call).rejects.toBe('client gone');
    expect(began).toBe(false);
  });

  test('names it as its parent in its events, and takes what it was not given from it', async () => {
    const clock = new VirtualClock();
    const request = openCall('request', { criticality: 'sheddable', key: 'tenant', idempotent: true }, clock);
    const seen = events();
    const given = await withCall(request, () =>
      pipeline({ name: 'service', clock }).run(({ criticality, idempotent, key }) => ({ criticality, idempotent, key }), {
        key: 'own',
      }),
    );
    expect(given).toEqual({ criticality: 'sheddable', idempotent: true, key: 'own' });
    expect(seen[0]).toMatchObject({ type: 'call.started', pipeline: 'service', parentId: request.id });
    request.close();
  });

  test('has the parent it is given instead, if it is given one', async () => {
    const clock = new VirtualClock();
    const [request, other] = [openRequest(clock), openRequest(clock)];
    const seen = events();
    await withCall(request, () => pipeline({ name: 'service', clock }).run(() => {}, { parent: other }));
    await withCall(request, () => pipeline({ name: 'service', clock }).run(() => {}, other));
    const parents = seen.flatMap((event) => (event.type === 'call.started' ? [event.parentId] : []));
    expect(parents).toEqual([other.id, other.id]);
  });

  test('outlives it when it was begun as part of no call', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock, 100);
    const service = pipeline({ name: 'service', clock });
    const operation = scripted([{ afterMs: 200, value: 'refreshed' }], { clock });
    const refresh = withCall(request, () => withCall(undefined, () => service.run(operation)));
    await clock.advance(200);
    await expect(refresh).resolves.toBe('refreshed');
    expect(request.cancelled).toBe(true);
  });

  test('leaves nothing on it', async () => {
    const clock = new VirtualClock();
    const request = openRequest(clock);
    await withCall(request, () => pipeline({ name: 'service', clock }).run(() => {}));
    request.close();
    expect(clock.pendingTimers).toEqual([]);
  });
});
