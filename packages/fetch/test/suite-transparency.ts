import { isHoldfastError, subscribe } from '@holdfast/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { closedOrigin, errorOf, serve, statuses } from './servers.ts';

export function transparencyTests(send: typeof fetch): void {
  describe('as a fetch', () => {
    test('hands over the very response, with its status, headers, address and body', async () => {
      const { origin } = await serve((_request, response) => {
        response.writeHead(201, 'Made', { 'x-own': 'yes' }).end('{"made":true}');
      });
      const resilient = resilientFetch({ fetch: send });

      const response = await resilient(`${origin}/things?x=1`);

      expect(response).toMatchObject({ status: 201, statusText: 'Made', url: `${origin}/things?x=1`, redirected: false });
      expect(response.headers.get('x-own')).toBe('yes');
      expect(await response.json()).toEqual({ made: true });
    });

    test('works with no options, with a URL, and with a Request', async () => {
      const server = await serve(statuses(200));
      const resilient = resilientFetch();

      await (await resilient(new URL('/url', server.origin))).text();
      await (await resilient(new Request(`${server.origin}/request`, { method: 'DELETE' }))).text();

      expect(server.seen).toMatchObject([
        { method: 'GET', path: '/url' },
        { method: 'DELETE', path: '/request' },
      ]);
    });

    test('passes on method, headers and body, and keeps its own settings to itself', async () => {
      const server = await serve(statuses(200));
      const inits: (RequestInit | undefined)[] = [];
      const resilient = resilientFetch({
        fetch: (input: never, init?: RequestInit) => {
          inits.push(init);
          return send(input, init);
        },
      });

      const response = await resilient(server.origin, {
        method: 'POST',
        headers: { 'x-a': 'b' },
        body: 'hello',
        holdfast: { key: 'k', attributes: { tenant: 't' } },
      });

      await response.text();
      expect(server.seen).toMatchObject([{ method: 'POST', body: 'hello', headers: { 'x-a': 'b' } }]);
      expect(inits).toHaveLength(1);
      expect(inits[0]).not.toHaveProperty('holdfast');
    });

    test('takes a Request in the place of init, as proxies do', async () => {
      const server = await serve(statuses(200));
      const resilient = resilientFetch();

      const incoming = new Request('http://front.example/', { method: 'PUT', headers: { 'x-a': 'b' }, body: 'payload' });
      await (await resilient(server.origin, incoming)).text();

      expect(server.seen).toMatchObject([{ method: 'PUT', body: 'payload', headers: { 'x-a': 'b' } }]);
    });

    test('never changes the init it was given', async () => {
      const { origin } = await serve(statuses(503, 200));
      const init: RequestInit = Object.freeze({
        method: 'GET',
        headers: Object.freeze({ 'x-a': 'b' }),
        holdfast: Object.freeze({}),
      });

      const resilient = resilientFetch({ fetch: send, retry: { backoff: () => 0 }, propagateTo: [origin] });

      expect((await resilient(origin, init)).status).toBe(200);
    });

    test('rejects with the error of the network as fetch made it', async () => {
      const origin = await closedOrigin();
      const thrown: unknown[] = [];
      const resilient = resilientFetch({
        fetch: (input: never, init?: RequestInit) =>
          send(input, init).catch((error: unknown) => {
            thrown.push(error);
            throw error;
          }),
        retry: { attempts: 2, backoff: () => 0 },
      });

      const error = await errorOf(resilient(origin));

      expect(thrown).toHaveLength(2);
      expect(error).toBe(thrown[1]);
      expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
    });

    test('leaves what does not go over HTTP, and what is no address, to the fetch underneath', async () => {
      const resilient = resilientFetch({ fetch: send });

      expect(await (await resilient('data:,hello')).text()).toBe('hello');
      await expect(resilient('http://')).rejects.toThrow(TypeError);
    });

    test('blames no server for a request that cannot be made', async () => {
      const { origin, seen } = await serve(statuses(200));
      const resilient = resilientFetch({ fetch: send, circuitBreaker: { consecutiveFailures: 1 } });

      await expect(resilient(origin, { method: 'GET', body: 'no' })).rejects.toThrow(TypeError);

      expect((await resilient(origin)).status).toBe(200);
      expect(seen).toHaveLength(1);
    });

    test('is one call to those who watch, with an attempt for each request', async () => {
      const { origin } = await serve(statuses(503, 200));
      const seen: string[] = [];
      onTestFinished(subscribe(({ type, pipeline }) => seen.push(`${type} ${pipeline}`)));

      await resilientFetch({ fetch: send, name: 'orders', retry: { backoff: () => 0 } })(origin);

      expect(seen).toEqual(
        [
          ...['call.started', 'attempt.started', 'attempt.finished', 'retry.scheduled'],
          ...['attempt.started', 'attempt.finished', 'call.finished'],
        ].map((type) => `${type} orders`),
      );
    });

    test('refuses settings it does not know, and says which it does', async () => {
      const resilient = resilientFetch({ fetch: send });
      const holdfast = { idempotnt: true } as object;

      const error = await errorOf(resilient('http://127.0.0.1:1', { holdfast }));

      expect(isHoldfastError(error, 'HOLDFAST_CONFIG')).toBe(true);
      expect(String(error)).toContain('did you mean idempotent?');
    });
  });
}
