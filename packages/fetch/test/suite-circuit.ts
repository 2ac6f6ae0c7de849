import { describe, expect, test } from 'vitest';
import { kindOfStatus, resilientFetch, snapshotOf } from '../src/index.ts';
import { closedOrigin, errorOf, serve, statuses } from './servers.ts';

const touchy = { consecutiveFailures: 2 };

export function circuitTests(send: typeof fetch): void {
  describe('the circuit', () => {
    test('of one origin opens without another noticing, and its error comes out as it is', async () => {
      const down = await serve(statuses(500));
      const well = await serve(statuses(200));
      const resilient = resilientFetch({ fetch: send, retry: false, circuitBreaker: touchy });

      await (await resilient(`${down.origin}/a`)).text();
      await (await resilient(`${down.origin}/b`)).text();
      const error = await errorOf(resilient(down.origin));

      expect(error).toMatchObject({ name: 'CircuitOpenError', code: 'HOLDFAST_CIRCUIT_OPEN', policy: down.origin });
      expect(error).not.toBeInstanceOf(TypeError);
      expect(down.seen).toHaveLength(2);
      expect((await resilient(well.origin)).status).toBe(200);
    });

    test('opens for errors of the network as for statuses', async () => {
      const origin = await closedOrigin();
      const resilient = resilientFetch({ fetch: send, retry: false, circuitBreaker: touchy });

      await expect(resilient(origin)).rejects.toThrow('fetch failed');
      await expect(resilient(origin)).rejects.toThrow('fetch failed');

      await expect(resilient(origin)).rejects.toMatchObject({ code: 'HOLDFAST_CIRCUIT_OPEN' });
    });

    test('stays closed however often a server says that the request was wrong', async () => {
      const server = await serve(statuses(404));
      const resilient = resilientFetch({ fetch: send, circuitBreaker: { consecutiveFailures: 1 } });

      for (let i = 0; i < 5; i++) expect((await resilient(server.origin)).status).toBe(404);
    });

    test('is not told about callers who left', async () => {
      const server = await serve((request, response) => request.path === '/fine' && response.end());
      const resilient = resilientFetch({ fetch: send, circuitBreaker: { consecutiveFailures: 1 } });
      const caller = new AbortController();

      const pending = resilient(server.origin, { signal: caller.signal });
      caller.abort('bye');

      await expect(pending).rejects.toBe('bye');
      expect((await resilient(`${server.origin}/fine`)).status).toBe(200);
    });

    test('counts a response with early hints once', async () => {
      const server = await serve((_request, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        response.end('body');
      });
      const resilient = resilientFetch({ fetch: send });

      expect(await (await resilient(server.origin)).text()).toBe('body');

      expect(JSON.stringify(snapshotOf(resilient))).toMatch(/"calls":1,"failures":0/);
    });

    test('is shared by what keyOf calls the same, and by the key of a call', async () => {
      const down = await serve(statuses(500));
      const resilient = resilientFetch({
        fetch: send,
        retry: false,
        circuitBreaker: { consecutiveFailures: 1 },
        keyOf: ({ pathname }) => pathname,
      });

      await (await resilient(`${down.origin}/a`)).text();
      await (await resilient(`${down.origin}/b`, { holdfast: { key: 'c' } })).text();

      await expect(resilient(`${down.origin}/a?again`)).rejects.toMatchObject({ code: 'HOLDFAST_CIRCUIT_OPEN' });
      await expect(resilient(`${down.origin}/c`, { holdfast: { key: 'c' } })).rejects.toMatchObject({
        code: 'HOLDFAST_CIRCUIT_OPEN',
      });
      expect((await resilient(`${down.origin}/b`)).status).toBe(500);
    });

    test('of the origin unused for longest is forgotten when there are too many', async () => {
      const servers = await Promise.all([serve(statuses(500)), serve(statuses(500)), serve(statuses(500))]);
      const [first, second, third] = servers.map(({ origin }) => origin) as [string, string, string];
      const resilient = resilientFetch({ fetch: send, retry: false, circuitBreaker: { consecutiveFailures: 1 }, maxKeys: 2 });

      for (const origin of [first, second, third]) await (await resilient(origin)).text();

      await expect(resilient(third)).rejects.toMatchObject({ code: 'HOLDFAST_CIRCUIT_OPEN' });
      expect((await resilient(first)).status).toBe(500);
    });
  });

  test('only what says that the server failed, or wants to be left alone, is a failure', () => {
    const failures = Array.from({ length: 400 }, (_, i) => 200 + i).filter((status) => kindOfStatus(status) === 'failure');

    expect(failures).toEqual([408, 429, ...Array.from({ length: 100 }, (_, i) => 500 + i).filter((s) => s !== 501 && s !== 505)]);
  });
}
