import { openCall, subscribe } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import type { ResilientFetchOptions } from '../src/index.ts';
import { closedOrigin, serve, serveRaw, statuses, until } from './servers.ts';

const atOnce = { attempts: 3, backoff: () => 0, budget: false } as const;

/** The waits that retries of this process were scheduled with, from now on. */
function scheduledWaits(): number[] {
  const waits: number[] = [];
  onTestFinished(subscribe((event) => event.type === 'retry.scheduled' && waits.push(event.delayMs)));
  return waits;
}

/** The same fetch, and how often it was called. */
function counted(send: typeof fetch): { send: ResilientFetchOptions['fetch']; calls: () => number } {
  let calls = 0;
  return {
    send: (input: never, init?: RequestInit) => {
      calls++;
      return send(input, init);
    },
    calls: () => calls,
  };
}

export function retryTests(send: typeof fetch): void {
  const resilient = resilientFetch({ fetch: send, retry: atOnce, circuitBreaker: false });

  describe('retrying', () => {
    test.each([500, 502, 503, 504, 408, 429])('asks again after status %i', async (status) => {
      const server = await serve(statuses(status, 200));

      expect((await resilient(server.origin)).status).toBe(200);
      expect(server.seen).toHaveLength(2);
    });

    test.each([400, 401, 404, 409, 425, 501, 505])('takes status %i for an answer', async (status) => {
      const server = await serve(statuses(status, 200));

      expect((await resilient(server.origin)).status).toBe(status);
      expect(server.seen).toHaveLength(1);
    });

    test('hands over the last failing response rather than throwing', async () => {
      const server = await serve(statuses(500, 502, 503));

      const response = await resilient(server.origin);

      expect(response.status).toBe(503);
      expect(await response.text()).toBe('status 503');
      expect(server.seen).toHaveLength(3);
    });

    test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'QUERY'])(
      'repeats a %s whose connection broke, for a second one does no harm',
      async (method) => {
        const server = await serveRaw((socket, count) => {
          socket.once('data', () => {
            if (count === 1) socket.resetAndDestroy();
            else socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
          });
        });

        expect((await resilient(server.origin, { method })).status).toBe(204);
        expect(server.connections).toBe(2);
      },
    );

    test.each(['POST', 'PATCH'])('never repeats a %s that the server may have read', async (method) => {
      const server = await serveRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));

      await expect(resilient(server.origin, { method, body: 'charge' })).rejects.toThrow(TypeError);
      expect(server.connections).toBe(1);
    });

    test('never repeats a POST that failed with a status', async () => {
      const server = await serve(statuses(503, 200));

      expect((await resilient(server.origin, { method: 'POST', body: 'charge' })).status).toBe(503);
      expect(server.seen).toHaveLength(1);
    });

    test.each<[string, RequestInit]>([
      ['has an Idempotency-Key', { headers: { 'idempotency-key': '"k-1"' } }],
      ['has an Idempotency-Key among Headers', { headers: new Headers({ 'Idempotency-Key': 'k-1' }) }],
      ['has an Idempotency-Key among pairs', { headers: [['Idempotency-Key', 'k-1']] }],
      ['is called idempotent', { holdfast: { idempotent: true } }],
    ])('repeats a POST that %s, with the same key and body', async (_which, init) => {
      const server = await serve(statuses(503, 200));

      expect((await resilient(server.origin, { method: 'POST', body: 'charge', ...init })).status).toBe(200);

      const [first, second] = server.seen;
      expect(second).toMatchObject({ body: 'charge', headers: first!.headers });
    });

    test('never repeats what is called not idempotent, not even a GET', async () => {
      const server = await serve(statuses(503, 200));

      expect((await resilient(server.origin, { holdfast: { idempotent: false } })).status).toBe(503);
      expect(server.seen).toHaveLength(1);
    });

    test('never repeats a POST because the call around it may be repeated as a whole', async () => {
      const server = await serve(statuses(503, 200));
      const around = openCall('page', { idempotent: true });
      onTestFinished(() => around.close());

      expect((await resilient(server.origin, { method: 'POST', holdfast: { parent: around } })).status).toBe(503);
      expect(server.seen).toHaveLength(1);
    });

    test('repeats a POST that never reached its server', async () => {
      const { send: counting, calls } = counted(send);
      const own = resilientFetch({ fetch: counting, retry: atOnce });

      await expect(own(await closedOrigin(), { method: 'POST', body: 'charge' })).rejects.toThrow('fetch failed');
      expect(calls()).toBe(3);
    });

    test('repeats a POST that the server shed before it began, and none that is not to come again', async () => {
      const answers = ['retry=other', 'retry=never'];
      const server = await serve((_request, response) => {
        response.writeHead(503, { 'x-holdfast-shed': `reason=overload; scope=local; ${answers.shift()}` }).end();
      });

      expect((await resilient(server.origin, { method: 'POST', body: 'charge' })).status).toBe(503);
      expect(server.seen).toHaveLength(2);
    });

    test.each<[string, () => NonNullable<RequestInit['body']>]>([
      ['a string', () => 'a=1'],
      ['bytes', () => new TextEncoder().encode('a=1')],
      ['a buffer', () => Buffer.from('a=1')],
      ['an ArrayBuffer', () => new TextEncoder().encode('a=1').buffer],
      ['URLSearchParams', () => new URLSearchParams({ a: '1' })],
      ['a Blob', () => new Blob(['a=1'])],
    ])('sends %s again in full', async (_kind, body) => {
      const server = await serve(statuses(503, 200));

      expect((await resilient(server.origin, { method: 'PUT', body: body() })).status).toBe(200);
      expect(server.seen.map((request) => request.body)).toEqual(['a=1', 'a=1']);
    });

    test('sends a form again in full', async () => {
      const server = await serve(statuses(503, 200));
      const form = new FormData();
      form.set('field', 'value');

      expect((await resilientFetch({ retry: atOnce })(server.origin, { method: 'PUT', body: form })).status).toBe(200);
      for (const { body } of server.seen) expect(body).toContain('value');
      expect(server.seen).toHaveLength(2);
    });

    const stream = (): ReadableStream<Uint8Array> => new Blob(['a=1']).stream();

    test('sends a stream once, for it can be read once', async () => {
      const server = await serve(statuses(503, 200));
      const init = { method: 'PUT', body: stream(), duplex: 'half' };

      expect((await resilient(server.origin, init as RequestInit)).status).toBe(503);
      expect(server.seen).toMatchObject([{ body: 'a=1' }]);
    });

    test('sends a Request with a body once, and one without again', async () => {
      const server = await serve(statuses(503, 200, 503, 200));
      const global = resilientFetch({ retry: atOnce });

      expect((await global(new Request(server.origin, { method: 'PUT', body: 'a=1' }))).status).toBe(503);
      expect((await global(new Request(server.origin))).status).toBe(200);
      expect((await global(new Request(server.origin))).status).toBe(200);
      expect(server.seen).toHaveLength(4);
    });

    test('sends a stream again if it is told how to make another', async () => {
      const server = await serve(statuses(503, 200));

      const response = await resilient(server.origin, { method: 'PUT', holdfast: { body: stream } });

      expect(response.status).toBe(200);
      expect(server.seen.map((request) => request.body)).toEqual(['a=1', 'a=1']);
    });

    test.each([429, 503])('comes again when Retry-After of a %i says, and not before', async (status) => {
      const clock = new VirtualClock();
      const waits = scheduledWaits();
      let refused = false;
      const server = await serve((_request, response) => {
        response.writeHead(refused ? 200 : status, { 'retry-after': '2' }).end();
        refused = true;
      });
      const own = resilientFetch({ fetch: send, clock, random: () => 0 });

      const pending = own(server.origin);
      await until(() => waits.length > 0);
      await clock.advance(1_999);
      const early = server.seen.length;
      await clock.advance(1);

      expect((await pending).status).toBe(200);
      expect(waits).toEqual([2_000]);
      expect(early).toBe(1);
    });

    test('hands over a response that asks for more patience than there is time', async () => {
      const server = await serve((_request, response) => void response.writeHead(503, { 'retry-after': '3600' }).end());

      const response = await resilient(server.origin);

      expect(response.headers.get('retry-after')).toBe('3600');
      expect(server.seen).toHaveLength(1);
    });

    test('has a budget for each origin: one that is down does not use up what another needs', async () => {
      const down = await serve(statuses(503));
      const flaky = await serve(statuses(503, 200));
      const own = resilientFetch({ fetch: send, circuitBreaker: false, retry: { backoff: () => 0 } });

      for (let i = 0; i < 40; i++) await (await own(down.origin)).text();

      expect(down.seen.length).toBeLessThan(40 + 20);
      expect((await own(flaky.origin)).status).toBe(200);
    });

    test('lets the user say what a failure is, and what is worth another attempt', async () => {
      const server = await serve(statuses(404, 200, 500, 200));
      const own = resilientFetch({
        fetch: send,
        classify: ({ response }) => (response?.status === 404 ? 'failure' : undefined),
        retry: { ...atOnce, retryOn: ({ value }) => (value as Response).status === 404 },
      });

      expect((await own(server.origin)).status).toBe(200);
      expect((await own(server.origin)).status).toBe(500);
    });

    test('can be turned off', async () => {
      const server = await serve(statuses(503, 200));

      expect((await resilientFetch({ fetch: send, retry: false })(server.origin)).status).toBe(503);
    });
  });
}
