import { subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { errorOf, serve, statuses, until } from './servers.ts';

/** Collects garbage until `holds`, without which nothing tells that a body is gone. */
async function untilCollected(holds: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  await until(holds, runInNewContext('gc') as () => void);
}

export function cancellationTests(send: typeof fetch): void {
  const resilient = resilientFetch({ fetch: send });
  const reason = new Error('the user left');

  describe("the caller's abort", () => {
    test('rejects with his own reason, and the server is told', async () => {
      const server = await serve(() => {});
      const caller = new AbortController();

      const outcome = errorOf(resilient(server.origin, { signal: caller.signal }));
      await until(() => server.seen.length === 1);
      caller.abort(reason);

      expect(await outcome).toBe(reason);
      await until(() => server.abandoned === 1);
      expect(server.seen).toHaveLength(1);
    });

    test('may come by the signal of a Request', async () => {
      const server = await serve(() => {});
      const caller = new AbortController();

      const outcome = errorOf(resilientFetch()(new Request(server.origin, { signal: caller.signal })));
      await until(() => server.seen.length === 1);
      caller.abort(reason);

      expect(await outcome).toBe(reason);
    });

    test('before the call keeps it from being made', async () => {
      const server = await serve(statuses(200));

      await expect(resilient(server.origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(server.connections).toBe(0);
    });

    test('during a wait for the next attempt ends the wait', async () => {
      const server = await serve(statuses(503));
      const clock = new VirtualClock();
      const caller = new AbortController();
      const scheduled = new Promise<void>((resolve) => {
        onTestFinished(subscribe((event) => event.type === 'retry.scheduled' && resolve()));
      });
      const own = resilientFetch({ fetch: send, clock });

      const outcome = errorOf(own(server.origin, { signal: caller.signal }));
      await scheduled;
      caller.abort(reason);

      expect(await outcome).toBe(reason);
      expect(clock.pendingTimers.filter(({ inMs }) => inMs > 200)).toEqual([]);
      expect(server.seen).toHaveLength(1);
    });

    test('still ends a body that is being read', async () => {
      const server = await serve((_request, response) => void response.write('half'));
      const caller = new AbortController();

      const response = await resilient(server.origin, { signal: caller.signal });
      const outcome = errorOf(response.text());
      caller.abort(reason);

      expect(await outcome).toBe(reason);
      await until(() => server.abandoned === 1);
    });

    test('ends a body also when garbage was collected in between', async () => {
      const server = await serve((_request, response) => void response.write('half'));
      const caller = new AbortController();
      let collected = false;
      const registry = new FinalizationRegistry(() => (collected = true));
      registry.register({}, undefined);

      const reader = (await resilient(server.origin, { signal: caller.signal })).body!.getReader();
      await reader.read();
      await untilCollected(() => collected);
      const outcome = errorOf(reader.read());
      caller.abort(reason);

      expect(await outcome).toBe(reason);
    }, 20_000);

    test('leaves no listener behind on a signal that outlives its calls', async () => {
      const { origin } = await serve(statuses(200));
      const shutdown = new AbortController();
      const warnings: Error[] = [];
      const warn = (warning: Error): number => warnings.push(warning);
      process.on('warning', warn);
      onTestFinished(() => void process.off('warning', warn));

      const all = Array.from({ length: 40 }, async () => (await resilient(origin, { signal: shutdown.signal })).text());
      await Promise.all(all);
      all.length = 0;

      await untilCollected(() => getEventListeners(shutdown.signal, 'abort').length === 0);
      expect(warnings).toEqual([]);
    }, 20_000);
  });
}
