import { interceptors } from 'undici';
import { describe, expect, test } from 'vitest';
import { both, clients, composed, stubController } from './dispatchers.ts';
import type { Handler, Interceptor } from './dispatchers.ts';
import { serve, statuses, until } from './servers.ts';

interface WaitingRoom {
  readonly keeping: Interceptor;
  readonly waiting: { readonly handler: Handler; readonly send: () => void }[];
}

/** An interceptor that keeps every call waiting, except for the path `/pass`; it greets the handler when it comes in. */
function waitingRoom(greet: (handler: Handler) => void): WaitingRoom {
  const waiting: WaitingRoom['waiting'] = [];
  const keeping: Interceptor = (dispatch) => (options, handler) => {
    if (options.path === '/pass') return dispatch(options, handler);
    greet(handler);
    waiting.push({ handler, send: () => void dispatch(options, handler) });
    return true;
  };
  return { keeping, waiting };
}

/** What a call rejected with, once it has. */
function rejectionOf(call: Promise<unknown>): { error?: unknown } {
  const rejection: { error?: unknown } = {};
  call.catch((error: unknown) => (rejection.error = error));
  return rejection;
}

describe.each(both)('an interceptor that keeps a call of %s waiting', (client) => {
  const reason = new Error('the user left');
  /** request leaves it to the dispatcher to end the call. */
  const atOnce = client === 'fetch' ? { error: reason } : {};

  test(`is not told when the caller leaves, who is ${client === 'fetch' ? 'let go at once' : 'kept until its turn'}; the server hears nothing`, async () => {
    const server = await serve(statuses(200));
    const { waiting, keeping } = waitingRoom(() => {});
    const dispatcher = composed(keeping);
    const caller = new AbortController();

    const rejection = rejectionOf(clients[client](server.origin, { dispatcher, signal: caller.signal }));
    await until(() => waiting.length === 1);
    caller.abort(reason);
    await clients[client](`${server.origin}/pass`, { dispatcher });
    expect(rejection).toEqual(atOnce);

    waiting[0]!.send();
    await until(() => 'error' in rejection);
    await clients[client](`${server.origin}/pass`, { dispatcher });
    expect(rejection.error).toBe(reason);
    expect(server.seen.map(({ path }) => path)).toEqual(['/pass', '/pass']);
  });

  test('is told, if it started the call with a controller of its own, and can end the call by it', async () => {
    const server = await serve(statuses(200));
    const { controller, reasons } = stubController();
    const { waiting, keeping } = waitingRoom((handler) => handler.onRequestStart?.(controller, {}));
    const dispatcher = composed(keeping);
    const caller = new AbortController();

    const rejection = rejectionOf(clients[client](server.origin, { dispatcher, signal: caller.signal }));
    await until(() => waiting.length === 1);
    caller.abort(reason);
    // fetch says so twice: such a controller must take the first for all.
    expect(reasons).toEqual(client === 'fetch' ? [reason, reason] : [reason]);
    await clients[client](`${server.origin}/pass`, { dispatcher });
    expect(rejection).toEqual(atOnce);

    waiting[0]!.handler.onResponseError?.(controller, reason);
    await until(() => 'error' in rejection);
    expect(rejection.error).toBe(reason);
    expect(server.seen.map(({ path }) => path)).toEqual(['/pass']);
  });

  const { decompress, retry, cache, dump } = interceptors;
  test.each<[string, string, (keeping: Interceptor) => Interceptor[]]>([
    ['alone', 'status 200', (keeping) => [keeping]],
    ['outside decompress', 'status 200', (keeping) => [decompress(), keeping]],
    ['inside decompress', 'status 200', (keeping) => [keeping, decompress()]],
    ['outside retry', 'status 200', (keeping) => [retry(), keeping]],
    ['inside retry', 'status 200', (keeping) => [keeping, retry()]],
    ['outside cache', 'status 200', (keeping) => [cache(), keeping]],
    ['inside cache', 'status 200', (keeping) => [keeping, cache()]],
    ['outside dump', '', (keeping) => [dump(), keeping]],
    ['inside dump', '', (keeping) => [keeping, dump()]],
  ])('may start it a second time, when it really does, %s', async (_where, text, chain) => {
    const server = await serve(statuses(200));
    const { waiting, keeping } = waitingRoom((handler) => handler.onRequestStart?.(stubController().controller, {}));

    const answer = clients[client](server.origin, { dispatcher: composed(...chain(keeping)), body: 'a=1' });
    await until(() => waiting.length === 1);
    waiting[0]!.send();

    expect(await answer).toBe(text);
    expect(server.seen).toMatchObject([{ body: 'a=1' }]);
  });
});
