import { openCall, subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { withCall } from '@holdfast/deadline';
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch, snapshotOf } from '../src/index.ts';
import { errorOf, serve, until } from './servers.ts';
import type { TestServer } from './servers.ts';

/** A server that holds every answer until it is let go. */
async function holding(): Promise<{ origin: string; server: TestServer; held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const server = await serve((_request, response) => held.push(response));
  return { origin: server.origin, server, held };
}

export function timeTests(send: typeof fetch): void {
  describe('time', () => {
    test('ends an attempt whose headers do not come, and its connection with it', async () => {
      const clock = new VirtualClock();
      const { origin, held, server } = await holding();
      const resilient = resilientFetch({ fetch: send, clock, timeoutMs: 500, retry: false });

      const pending = resilient(origin);
      const outcome = errorOf(pending);
      await until(() => held.length === 1);
      await clock.advance(500);

      expect(await outcome).toMatchObject({ code: 'HOLDFAST_TIMEOUT', timeoutMs: 500 });
      await until(() => server.abandoned === 1);
    });

    test('retries an attempt that timed out if that does no harm, and only then', async () => {
      const clock = new VirtualClock();
      const { origin, held } = await holding();
      const resilient = resilientFetch({ fetch: send, clock, timeoutMs: 500, retry: { backoff: () => 10 } });

      const get = resilient(origin);
      await until(() => held.length === 1);
      await clock.advance(510);
      await until(() => held.length === 2);
      held[1]!.end('second');
      expect(await (await get).text()).toBe('second');

      const post = errorOf(resilient(origin, { method: 'POST' }));
      await until(() => held.length === 3);
      await clock.advance(510);
      expect(await post).toMatchObject({ code: 'HOLDFAST_TIMEOUT' });
      expect(held).toHaveLength(3);
    });

    test('of an attempt is over with the headers: a body may take longer', async () => {
      const clock = new VirtualClock();
      const { origin, held } = await holding();
      const resilient = resilientFetch({ fetch: send, clock, timeoutMs: 500, deadlineMs: 1_000 });

      const pending = resilient(origin);
      await until(() => held.length === 1);
      held[0]!.write('first, ');
      const response = await pending;
      await clock.advance(60_000);
      held[0]!.end('last');

      expect(await response.text()).toBe('first, last');
      expect(clock.pendingTimers).toEqual([]);
    });

    test('is bounded as a whole by the deadline, retries included', async () => {
      const clock = new VirtualClock();
      const { origin, held } = await holding();
      const resilient = resilientFetch({ fetch: send, clock, timeoutMs: 500, deadlineMs: 800, retry: { backoff: () => 0 } });

      const outcome = errorOf(resilient(origin));
      await until(() => held.length === 1);
      await clock.advance(500);
      await until(() => held.length === 2);
      await clock.advance(300);

      expect(await outcome).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    });

    test('of one call can be less', async () => {
      const clock = new VirtualClock();
      const { origin, held } = await holding();
      const resilient = resilientFetch({ fetch: send, clock });

      const outcome = errorOf(resilient(origin, { holdfast: { deadlineMs: 50 } }));
      await until(() => held.length === 1);
      await clock.advance(50);

      expect(await outcome).toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    });

    test('of the surrounding call bounds it, and its body, too', async () => {
      const clock = new VirtualClock();
      const { origin, held, server } = await holding();
      const resilient = resilientFetch({ fetch: send, clock });
      const inbound = openCall('inbound', { timeoutMs: 100 }, clock);
      onTestFinished(() => inbound.close());

      const whole = withCall(inbound, () => resilient(origin));
      const half = await withCall(inbound, async () => {
        const pending = resilient(origin);
        await until(() => held.length === 2);
        held[1]!.write('half');
        return pending;
      });
      const outcomes = Promise.all([errorOf(whole), errorOf(half.text())]);
      await clock.advance(100);

      expect(await outcomes).toMatchObject([{ code: 'HOLDFAST_DEADLINE' }, { code: 'HOLDFAST_DEADLINE' }]);
      await until(() => server.abandoned === 2);
    });

    test('that our own blocked event loop took is not charged to the server', async () => {
      const clock = new VirtualClock();
      const { origin, held } = await holding();
      const kinds: string[] = [];
      onTestFinished(subscribe((event) => event.type === 'call.finished' && kinds.push(event.kind)));
      const resilient = resilientFetch({
        fetch: send,
        clock,
        timeoutMs: 500,
        retry: false,
        circuitBreaker: { consecutiveFailures: 1 },
      });

      const outcome = errorOf(resilient(origin));
      await until(() => held.length === 1);
      clock.stall(1_000);
      await clock.advance(0);
      expect(await outcome).toMatchObject({ code: 'HOLDFAST_TIMEOUT' });

      expect(new Set(kinds)).toEqual(new Set(['stalled']));
      expect(JSON.stringify(snapshotOf(resilient))).toContain('"state":"closed"');
    });

    test('needs no timer once the answer is there', async () => {
      const clock = new VirtualClock();
      const { origin } = await serve((_request, response) => void response.end());

      await (await resilientFetch({ fetch: send, clock })(origin)).text();

      expect(clock.pendingTimers).toEqual([]);
    });
  });
}
