import { BalancedPool, Client, interceptors } from 'undici';
import type { Dispatcher } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { both, clients, composed, stubController } from './dispatchers.ts';
import type { Handler, Interceptor } from './dispatchers.ts';
import { errorOf, serve, statuses } from './servers.ts';

describe('composing', () => {
  test('calls the interceptor first that was named last, however they were given, and skips what is null', async () => {
    const { origin } = await serve(statuses(200));
    const order: string[] = [];
    const named =
      (name: string): Interceptor =>
      (dispatch) =>
      (options, handler) => {
        order.push(name);
        return dispatch(options, handler);
      };
    const none = null as unknown as Interceptor;

    await clients.request(origin, { dispatcher: composed(named('a'), none, named('b')) });
    await clients.request(origin, { dispatcher: composed().compose([named('c'), named('d')]) });
    await clients.request(origin, { dispatcher: composed(named('e')).compose(named('f')) });

    expect(order.join('')).toBe('badcfe');
  });

  test.each<[string, (options?: object, handler?: object) => boolean, boolean]>([
    ['two', (_options, _handler) => true, true],
    ['one', (_options) => true, false],
    ['rest', (..._all) => true, false],
    ['defaulted', (_options, _handler = {}) => true, false],
  ])('wants a dispatch of exactly two parameters, and gets one of %s', (_what, dispatch, fine) => {
    if (fine) expect(() => composed(() => dispatch)).not.toThrow();
    else expect(() => composed(() => dispatch)).toThrow('invalid interceptor');
  });

  test('tells an interceptor the one origin of a client, null for a pool of several, and nothing for an agent', () => {
    const told: unknown[] = [];
    const listening: Interceptor = (dispatch, ...more: unknown[]) => {
      told.push(...more);
      return dispatch;
    };
    const origin = 'http://127.0.0.1:9';
    const [client, pool] = [new Client(origin), new BalancedPool([origin])];
    onTestFinished(() => Promise.all([client.destroy(), pool.destroy()]).then(() => {}));

    for (const dispatcher of [client, pool, composed()]) dispatcher.compose(interceptors.dump(), listening);

    expect(told).toEqual([origin, null, undefined]);
  });
});

describe('an interceptor sees', () => {
  function recorder(): { seen: Record<string, unknown>[]; dispatcher: Dispatcher } {
    const seen: Record<string, unknown>[] = [];
    const recording: Interceptor = (dispatch) => (options, handler) => {
      seen.push({ ...options });
      return dispatch(options, handler);
    };
    return { seen, dispatcher: composed(recording) };
  }
  const { signal } = new AbortController();
  const own = { signal, body: 'hello', attempts: 7 };

  test('under fetch no signal and no key of the caller, and even a string as a generator', async () => {
    const server = await serve(statuses(200));
    const { seen, dispatcher } = recorder();

    await clients.fetch(server.origin, { dispatcher, ...own });

    expect(seen).toMatchObject([{ origin: server.origin, path: '/', method: 'PUT', headers: { accept: '*/*' } }]);
    expect(seen[0]).not.toHaveProperty('signal');
    expect(seen[0]).not.toHaveProperty('attempts');
    expect(Object.prototype.toString.call(seen[0]!['body'])).toBe('[object AsyncGenerator]');
    expect(server.seen).toMatchObject([{ body: 'hello' }]);
  });

  test('under request the signal, the body and any key as the caller gave them', async () => {
    const { origin } = await serve(statuses(200));
    const { seen, dispatcher } = recorder();

    await clients.request(origin, { dispatcher, ...own });

    expect(seen).toMatchObject([{ origin, path: '/', method: 'PUT', body: 'hello', attempts: 7 }]);
    expect(seen[0]!['signal']).toBe(signal);
  });
});

describe("undici's own retry of a PUT with a string", () => {
  const retrying = (): Dispatcher => composed(interceptors.retry({ minTimeout: 0 }));

  test('works under request', async () => {
    const server = await serve(statuses(503, 200));

    expect(await clients.request(server.origin, { dispatcher: retrying(), body: 'a=1' })).toBe('status 200');
    expect(server.seen.map(({ body }) => body)).toEqual(['a=1', 'a=1']);
  });

  test('does not work under fetch: the body is spent, and the error hides the status', async () => {
    const server = await serve(statuses(503, 200));

    await expect(clients.fetch(server.origin, { dispatcher: retrying(), body: 'a=1' })).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
    });
    expect(server.seen).toHaveLength(1);
  });
});

describe.each(both)('an interceptor that refuses a call of %s', (client) => {
  const refusal = new Error('refused');
  const ways: [string, (handler: Handler) => void][] = [
    [
      'by a throw',
      () => {
        throw refusal;
      },
    ],
    ['by an error without a controller', (handler) => handler.onResponseError?.(null as never, refusal)],
    [
      'by a start and an error, with a controller of its own',
      (handler) => {
        const { controller } = stubController();
        handler.onRequestStart?.(controller, {});
        handler.onResponseError?.(controller, refusal);
      },
    ],
  ];

  test.each(ways)('may do so %s', async (_way, refuse) => {
    const server = await serve(statuses(200));
    const refusing: Interceptor = () => (_options, handler) => {
      refuse(handler);
      return true;
    };

    const error = await errorOf(clients[client](server.origin, { dispatcher: composed(refusing) }));

    expect(client === 'fetch' ? (error as Error).cause : error).toBe(refusal);
    expect(String(error)).toBe(client === 'fetch' ? 'TypeError: fetch failed' : 'Error: refused');
    expect(server.connections).toBe(0);
  });
});
