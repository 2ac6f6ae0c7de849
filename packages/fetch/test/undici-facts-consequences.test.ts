import { VirtualClock } from '@holdfast/core/testing';
import { Agent, fetch as undiciFetch } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { reachOf, resilientFetch, snapshotOf } from '../src/index.ts';
import type { ResilientFetchOptions } from '../src/index.ts';
import { closedOrigin, errorOf, serve, statuses, until } from './servers.ts';

test('ways to write one origin share one breaker', async () => {
  const resilient = resilientFetch({ fetch: () => Promise.resolve(new Response()) });

  for (const url of ['http://API.example/a', 'http://api.example:80/b?c', 'http://user@api.example#d']) await resilient(url);
  await resilient('https://api.example');

  expect(Object.keys(snapshotOf(resilient)!.perKey)).toEqual(['http://api.example', 'https://api.example']);
});

describe('the permit of a call comes back', () => {
  const single = (more: ResilientFetchOptions = {}): typeof fetch =>
    resilientFetch({ fetch: undiciFetch, retry: false, circuitBreaker: false, bulkhead: { concurrency: 1, queue: 0 }, ...more });

  test('when the connection fails', async () => {
    const origin = await closedOrigin();
    const resilient = single();

    for (let i = 0; i < 3; i++) expect(await errorOf(resilient(origin))).toMatchObject({ message: 'fetch failed' });
  });

  test('when the caller leaves', async () => {
    const server = await serve(({ path }, response) => path === '/fine' && response.end('fine'));
    const resilient = single();
    const caller = new AbortController();

    const outcome = errorOf(resilient(server.origin, { signal: caller.signal }));
    await until(() => server.seen.length === 1);
    caller.abort('bye');

    expect(await outcome).toBe('bye');
    expect(await (await resilient(`${server.origin}/fine`)).text()).toBe('fine');
  });

  test('when its time is up', async () => {
    const clock = new VirtualClock();
    const server = await serve(({ path }, response) => path === '/fine' && response.end('fine'));
    const resilient = single({ clock, timeoutMs: 500 });

    const outcome = errorOf(resilient(server.origin));
    await until(() => server.seen.length === 1);
    await clock.advance(500);

    expect(await outcome).toMatchObject({ code: 'HOLDFAST_TIMEOUT' });
    expect(await (await resilient(`${server.origin}/fine`)).text()).toBe('fine');
  });
});

test('a name whose addresses all refuse fails with an error for each, and was surely not reached', async () => {
  const { port } = new URL(await closedOrigin());
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const dispatcher = new Agent({
    connect: { lookup: (_name, _options, found) => found(null, addresses), autoSelectFamily: true },
  });
  onTestFinished(() => dispatcher.destroy());
  let sent = 0;
  const counting = (url: never, init?: never): Promise<object> => {
    sent++;
    return undiciFetch(url, init);
  };
  const resilient = resilientFetch({ fetch: counting, retry: { attempts: 3, backoff: () => 0, budget: false } });

  const init = { method: 'POST', body: 'charge', dispatcher };
  const error = (await errorOf(resilient(`http://two.example:${port}`, init))) as Error & { cause: AggregateError };

  expect(error).toMatchObject({ message: 'fetch failed', cause: { name: 'AggregateError' } });
  expect(error.cause.errors).toMatchObject(addresses.map(({ address }) => ({ syscall: 'connect', address })));
  expect(reachOf(error)).toBe('unsent');
  expect(sent).toBe(3);
});

test('a redirect is followed within one attempt, and counted for the origin that was asked', async () => {
  const target = await serve(statuses(200));
  const door = await serve((_request, response) => response.writeHead(302, { location: target.origin }).end());
  const resilient = resilientFetch({ fetch: undiciFetch });

  expect(await (await resilient(door.origin)).text()).toBe('status 200');
  expect(Object.keys(snapshotOf(resilient)!.perKey)).toEqual([door.origin]);
});
