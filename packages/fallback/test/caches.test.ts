import { openCall, pipeline } from '@holdfast/core';
import type { CallContext, Guard } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { deadline, timeout, withCall } from '@holdfast/deadline';
import { describe, expect, test } from 'vitest';
import { fallback } from '../src/fallback.ts';
import { singleFlight } from '../src/single-flight.ts';
import { staleCache } from '../src/stale-cache.ts';
import { errorOf, hangs, witness } from './cache-support.ts';

const k = { key: 'k' };
const down = new Error('down');

/** Opens after one failure, for good. */
function fuse(): Guard & { blown: boolean } {
  const guard = {
    name: 'fuse',
    blown: false,
    enter(): void {
      if (guard.blown) throw new Error('open');
    },
    exit(_call: unknown, { kind }: { kind: string }): void {
      guard.blown ||= kind === 'failure';
    },
  };
  return guard;
}

describe('a cache around the other policies', () => {
  test('bridges an outage: time-outs, then an open circuit, then the end of its window', async () => {
    const clock = new VirtualClock();
    const cache = staleCache({ ttlMs: 100, staleIfErrorMs: 1_000, jitterRatio: 0, clock });
    const circuit = fuse();
    const service = pipeline(
      { name: 'service', clock },
      cache,
      deadline({ ms: 200, clock }),
      singleFlight(),
      circuit,
      timeout({ ms: 80, clock }),
    );
    const first = service.run(scripted([{ value: 'old' }], { clock }), k);
    await clock.advance(0);
    await first;
    await clock.advance(100);
    const calls = [1, 2, 3].map(() => service.run(hangs, k));
    await clock.advance(80);
    await expect(Promise.all(calls)).resolves.toEqual(['old', 'old', 'old']);
    expect(circuit.blown).toBe(true);
    await expect(service.run(hangs, k)).resolves.toBe('old');
    await clock.advance(1_000);
    await expect(service.run(hangs, k)).rejects.toThrow('open');
    expect(clock.pendingTimers).toEqual([]);
  });

  test('with a single flight inside asks the dependency once for all that miss', async () => {
    const clock = new VirtualClock();
    const operation = scripted([{ afterMs: 20, value: 'answer' }], { clock });
    const service = pipeline({ name: 'service', clock }, staleCache({ ttlMs: 100, clock }), singleFlight());
    const calls = Array.from({ length: 50 }, () => service.run(operation, k));
    await clock.advance(20);
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['answer']));
    expect(operation.calls).toHaveLength(1);
  });

  test('with both forgotten after a write gives what was written', async () => {
    const clock = new VirtualClock();
    const [cache, flight] = [staleCache({ ttlMs: 100, clock }), singleFlight()];
    const operation = scripted(
      [
        { afterMs: 20, value: 'before' },
        { afterMs: 20, value: 'after' },
      ],
      { clock },
    );
    const service = pipeline({ name: 'service', clock }, cache, flight);
    const before = service.run(operation, k);
    await clock.advance(10);
    flight.forget('k');
    await cache.delete('k');
    const after = service.run(operation, k);
    await clock.advance(20);
    await expect(Promise.all([before, after])).resolves.toEqual(['before', 'after']);
    await expect(service.run(hangs, k)).resolves.toBe('after');
  });

  test('leaves to a fallback what it has no answer for, and the answer is not kept', async () => {
    const clock = new VirtualClock();
    const service = pipeline({ name: 'service', clock }, fallback('plan B'), staleCache({ ttlMs: 100, clock }));
    await expect(service.run(() => Promise.reject(down), k)).resolves.toBe('plan B');
    await expect(service.run(() => 'answer', k)).resolves.toBe('answer');
  });
});

describe('a Response, which can be read once', () => {
  const clone = (response: Response): Response => response.clone();
  const respond = async (): Promise<Response> => new Response('{"rate":1.08}');

  test('is read by every call where each gets a copy', async () => {
    const clock = new VirtualClock();
    const service = pipeline({ name: 'service', clock }, staleCache({ ttlMs: 100, clone, clock }), singleFlight({ clone }));
    const responses = await Promise.all([1, 2].map(() => service.run(respond, k)));
    responses.push(await service.run(hangs, k), await service.run(hangs, k));
    const read = await Promise.all(responses.map((response) => response.json() as Promise<unknown>));
    expect(read).toEqual([1, 2, 3, 4].map(() => ({ rate: 1.08 })));
  });

  test('is of no use to the second where all get the same', async () => {
    const clock = new VirtualClock();
    const service = pipeline({ name: 'service', clock }, staleCache({ ttlMs: 100, clock }));
    await (await service.run(respond, k)).json();
    const again = await service.run(respond, k);
    await expect(again.json()).rejects.toThrow(TypeError);
  });
});

describe('an inbound request', () => {
  /** A service whose operation runs another pipeline, which finds its parent by the async context. */
  function layered(clock: VirtualClock, workMs: number) {
    const database = pipeline({ name: 'database', clock });
    const seen: CallContext[] = [];
    const operation = (): Promise<unknown> =>
      database.run(async (call) => {
        seen.push(call);
        await clock.sleep(workMs, call.signal);
        return 'rows';
      });
    return { operation, seen };
  }

  test('that ends takes its own call with it, and not what others share', async () => {
    const clock = new VirtualClock();
    const service = pipeline({ name: 'service', clock }, singleFlight());
    const { operation, seen } = layered(clock, 50);
    const requests = [openCall('first', { timeoutMs: 200 }, clock), openCall('second', { timeoutMs: 300 }, clock)];
    const calls = requests.map((request) =>
      withCall(request, () => errorOf(service.run(operation, k).then((value) => Promise.reject(value)))),
    );
    expect(seen[0]!.deadline).toBe(300);
    await clock.advance(10);
    requests[0]!.cancel('client gone');
    expect(await calls[0]).toBe('client gone');
    await clock.advance(40);
    expect(await calls[1]).toBe('rows');
    expect(seen).toHaveLength(1);
    for (const request of requests) request.close();
  });

  test('that ends does not end the refresh begun in it, nor what that runs', async () => {
    const clock = new VirtualClock();
    const cache = staleCache({ ttlMs: 100, staleWhileRevalidateMs: 1_000, jitterRatio: 0, clock });
    const inside = witness();
    const service = pipeline({ name: 'service', clock }, cache, inside);
    await service.run(() => 'old', k);
    await clock.advance(100);
    const { operation, seen } = layered(clock, 50);
    const request = openCall('request', { timeoutMs: 20 }, clock);
    await expect(withCall(request, () => service.run(operation, k))).resolves.toBe('old');
    request.cancel('answered');
    request.close();
    await clock.advance(50);
    expect(seen[0]!.signal.aborted).toBe(false);
    expect(inside.seen.at(-1)).toMatchObject({ kind: 'success', value: 'rows' });
    await expect(service.run(hangs, k)).resolves.toBe('rows');
  });
});
