import { isHoldfastError } from '@holdfast/core';
import { Agent, fetch as undiciFetch, interceptors } from 'undici';
import type { Dispatcher } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { errorOf, serve, statuses } from './servers.ts';

/** Since Node 26 its own fetch speaks with dispatchers as undici 8's do. */
const speaksAs8 = Number(process.versions.node.split('.')[0]) >= 26;

const withDispatcher = (dispatcher: unknown): RequestInit => ({ dispatcher }) as RequestInit;

function agent(...more: Dispatcher.DispatcherComposeInterceptor[]): Dispatcher {
  const plain = new Agent();
  onTestFinished(() => plain.destroy());
  return more.length === 0 ? plain : plain.compose(...more);
}

describe("a dispatcher of undici 8 with undici 8's fetch", () => {
  test.each([
    ['plain', () => agent()],
    ['with interceptors', () => agent(interceptors.redirect(), interceptors.dump())],
  ])('works as ever, %s', async (_kind, make) => {
    const server = await serve(statuses(503, 200));
    const resilient = resilientFetch({ fetch: undiciFetch, retry: { backoff: () => 0 } });

    const response = await resilient(server.origin, { method: 'PUT', body: 'a=1', ...withDispatcher(make()) });

    expect(response.status).toBe(200);
    expect(server.seen.map(({ body }) => body)).toEqual(['a=1', 'a=1']);
  });

  test('lets an error of ours that one of its interceptors throws come out as it is', async () => {
    const { origin } = await serve(statuses(200));
    const refusal = await errorOf(resilientFetch({ fetch: undiciFetch })(origin, { holdfast: { deadlineMs: -1 } }));
    const refusing: Dispatcher.DispatcherComposeInterceptor = () => (_options, _handler) => {
      throw refusal;
    };
    const resilient = resilientFetch({ fetch: undiciFetch, circuitBreaker: { consecutiveFailures: 1 } });

    await expect(resilient(origin, withDispatcher(agent(refusing)))).rejects.toBe(refusal);
    expect((await resilient(origin)).status).toBe(200);
  });

  test('stands behind guards that see the handler before any interceptor', async () => {
    const { origin } = await serve(statuses(200));
    const foreign = {
      dispatch() {
        throw Object.assign(new Error('invalid onConnect method'), { code: 'UND_ERR_INVALID_ARG' });
      },
    };

    const error = await errorOf(resilientFetch({ fetch: undiciFetch })(origin, withDispatcher(foreign)));

    expect(isHoldfastError(error, 'HOLDFAST_CONFIG')).toBe(true);
    expect(String(error)).toContain('setGlobalDispatcher');
  });
});

describe("a dispatcher of undici 8 with Node's own fetch", () => {
  const kinds: [string, () => Dispatcher][] = [
    ['plain', () => agent()],
    ['with an interceptor, where the call would never settle', () => agent(interceptors.retry())],
  ];

  test.runIf(speaksAs8).each(kinds)('works where they are of one kind, %s', async (_kind, make) => {
    const { origin } = await serve(statuses(200));

    expect((await resilientFetch()(origin, withDispatcher(make()))).status).toBe(200);
  });

  test.runIf(!speaksAs8).each(kinds)('is refused before anything is sent, and says what to do, %s', async (_kind, make) => {
    const server = await serve(statuses(200));

    const error = await errorOf(resilientFetch()(server.origin, withDispatcher(make())));

    expect(error).toMatchObject({ code: 'HOLDFAST_CONFIG', policy: 'fetch', option: 'dispatcher' });
    expect(String(error)).toContain('resilientFetch({ fetch: undici.fetch })');
    expect(server.connections).toBe(0);
  });

  test.runIf(!speaksAs8)('which is what happens without us: refused in words only its authors understand', async () => {
    const { origin } = await serve(statuses(200));

    await expect(fetch(origin, withDispatcher(agent()))).rejects.toMatchObject({
      cause: { code: 'UND_ERR_INVALID_ARG', message: expect.stringMatching(/^invalid on\w+ method$/) },
    });
  });
});
