import { Client, fetch, interceptors, request } from 'undici';
import type { Dispatcher } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { composed, stubController } from './dispatchers.ts';
import type { Handler, Interceptor } from './dispatchers.ts';
import { errorOf, serve, statuses, until } from './servers.ts';

interface Ask {
  readonly dispatcher: Dispatcher;
  readonly signal?: AbortSignal;
  readonly body?: string;
}

/** Both clients of undici 8, the text of the answer. */
const clients: Record<'fetch' | 'request', (origin: string, ask: Ask) => Promise<string>> = {
  fetch: async (origin, ask) => (await fetch(origin, { method: 'PUT', ...ask })).text(),
  request: async (origin, ask) => (await request(origin, { method: 'PUT', ...ask })).body.text(),
};
const both = ['fetch', 'request'] as const;

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

  test.each<[string, Interceptor, boolean]>([
    ['two', () => (_options, _handler) => true, true],
    ['one', () => (_options) => true, false],
    [
      'rest',
      () =>
        (..._all) =>
          true,
      false,
    ],
    [
      'defaulted',
      () =>
        (_options, _handler = {}) =>
          true,
      false,
    ],
  ])('wants a dispatch of exactly two parameters, and gets one of %s', (_what, interceptor, fine) => {
    if (fine) expect(() => composed(interceptor)).not.toThrow();
    else expect(() => composed(interceptor)).toThrow('invalid interceptor');
  });

  test('tells an interceptor the one origin of its dispatcher, and null if it has many', () => {
    const told: unknown[] = [];
    const listening = ((dispatch: Dispatcher.Dispatch, origin: unknown) => {
      told.push(origin);
      return dispatch;
    }) as unknown as Interceptor;
    const client = new Client('http://127.0.0.1:9/path');
    onTestFinished(() => client.destroy());

    client.compose(interceptors.dump(), listening);
    composed(interceptors.dump(), listening);

    expect(told).toEqual(['http://127.0.0.1:9', null]);
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

    if (client === 'request') expect(error).toBe(refusal);
    else expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: refusal });
    expect((error as Error).cause ?? error).toBe(refusal);
    expect(server.connections).toBe(0);
  });
});

describe.each(both)('an interceptor that keeps a call of %s waiting', (client) => {
  const reason = new Error('the user left');

  function waitingRoom(greet: (handler: Handler) => void): { waiting: (() => void)[]; keeping: Interceptor } {
    const waiting: (() => void)[] = [];
    const keeping: Interceptor = (dispatch) => (options, handler) => {
      if (options.path === '/pass') return dispatch(options, handler);
      greet(handler);
      waiting.push(() => void dispatch(options, handler));
      return true;
    };
    return { waiting, keeping };
  }

  test('is not told when the caller leaves, and the server never hears of it, not even when its turn comes', async () => {
    const server = await serve(statuses(200));
    const { waiting, keeping } = waitingRoom(() => {});
    const dispatcher = composed(keeping);
    const caller = new AbortController();

    const outcome = errorOf(clients[client](server.origin, { dispatcher, signal: caller.signal }));
    await until(() => waiting.length === 1);
    caller.abort(reason);

    expect(await outcome).toBe(reason);
    expect(server.connections).toBe(0);
    waiting[0]!();
    await clients[client](`${server.origin}/pass`, { dispatcher });
    expect(server.seen.map(({ path }) => path)).toEqual(['/pass']);
  });

  test('is told by a controller of its own that it started the call with', async () => {
    const server = await serve(statuses(200));
    const { controller, reasons } = stubController();
    const { waiting, keeping } = waitingRoom((handler) => handler.onRequestStart?.(controller, {}));
    const caller = new AbortController();

    const outcome = errorOf(clients[client](server.origin, { dispatcher: composed(keeping), signal: caller.signal }));
    await until(() => waiting.length === 1);
    caller.abort(reason);

    expect(await outcome).toBe(reason);
    expect(reasons).toEqual([reason]);
    expect(server.connections).toBe(0);
  });

  const retry = interceptors.retry({ minTimeout: 0 });
  test.each<[string, (keeping: Interceptor) => Interceptor[]]>([
    ['alone', (keeping) => [keeping]],
    ['outside decompress', (keeping) => [interceptors.decompress(), keeping]],
    ['inside decompress', (keeping) => [keeping, interceptors.decompress()]],
    ['outside retry', (keeping) => [retry, keeping]],
    ['inside retry', (keeping) => [keeping, retry]],
    ['outside cache', (keeping) => [interceptors.cache(), keeping]],
    ['inside cache', (keeping) => [keeping, interceptors.cache()]],
    ['outside dump', (keeping) => [interceptors.dump(), keeping]],
  ])('may start it once more when it really does, %s', async (_where, chain) => {
    const server = await serve(statuses(200));
    const { waiting, keeping } = waitingRoom((handler) => handler.onRequestStart?.(stubController().controller, {}));

    const answer = clients[client](server.origin, { dispatcher: composed(...chain(keeping)), body: 'a=1' });
    await until(() => waiting.length === 1);
    waiting[0]!();

    expect(await answer).toBe(_where === 'outside dump' ? '' : 'status 200');
    expect(server.seen).toMatchObject([{ body: 'a=1' }]);
  });
});
