import { isHoldfastError } from '@holdfast/core';
import { Agent, fetch as undiciFetch, interceptors } from 'undici';
import type { Dispatcher } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { runModule } from './child.ts';
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

  test('is seen through also when that fetch was used before undici 8 was loaded', async () => {
    const server = await serve(statuses(200, 200));
    const program = `
      const [, origin] = process.argv;
      await (await fetch(origin)).text();
      const { Agent, interceptors } = await import('undici');
      const { resilientFetch } = await import('@holdfast/fetch');
      const dispatcher = new Agent().compose(interceptors.retry());
      const call = resilientFetch({ timeoutMs: false, deadlineMs: false })(origin, { dispatcher });
      console.log(JSON.stringify(await call.then(({ status }) => status, ({ code }) => code)));
      process.exit();
    `;

    const { exitCode, printed } = await runModule(program, server.origin);

    expect({ exitCode, printed }).toEqual({ exitCode: 0, printed: speaksAs8 ? 200 : 'HOLDFAST_CONFIG' });
    expect(server.seen.length).toBe(speaksAs8 ? 2 : 1);
  });
});
