import { subscribe } from '@holdfast/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { errorOf, serve, statuses } from './servers.ts';

describe('what the caller gave', () => {
  test.each([
    ['an iterator', () => new Map([['x-auth', 'alice']]).entries()],
    ['the entries of other headers', () => new Headers({ 'x-auth': 'alice' }).entries()],
    ['an object', () => ({ 'x-auth': 'alice' })],
  ])('is sent in every attempt, headers from %s', async (_from, headers) => {
    const server = await serve(statuses(503, 200));
    const resilient = resilientFetch({ retry: { backoff: () => 0 } });

    await resilient(server.origin, { method: 'PUT', headers: headers() as HeadersInit });

    expect(server.seen.map((request) => request.headers['x-auth'])).toEqual(['alice', 'alice']);
  });

  test('counts as it was at the call, whatever becomes of it later', async () => {
    const server = await serve(statuses(503, 200));
    const resilient = resilientFetch({ retry: { backoff: () => 0 } });
    const headers = { 'x-auth': 'alice' };
    const url = new URL('/a', server.origin);

    const call = resilient(url, { method: 'PUT', headers });
    headers['x-auth'] = 'bob';
    url.pathname = '/b';
    await call;

    expect(server.seen.map(({ path, headers: sent }) => [path, sent['x-auth']])).toEqual([
      ['/a', 'alice'],
      ['/a', 'alice'],
    ]);
  });
});

describe("the caller's own mistakes open no circuit:", () => {
  const sensitive = { circuitBreaker: { consecutiveFailures: 1 }, retry: false } as const;

  test('a maker of bodies that throws', async () => {
    const { origin } = await serve(statuses(200));
    const resilient = resilientFetch(sensitive);
    const broken = (): never => {
      throw new Error('no such file');
    };

    await expect(resilient(origin, { method: 'PUT', holdfast: { body: broken } })).rejects.toThrow('no such file');
    expect((await resilient(origin)).status).toBe(200);
  });

  test('a stream that cannot be read', async () => {
    const { origin } = await serve(statuses(200));
    const resilient = resilientFetch(sensitive);
    const body = new ReadableStream({ pull: () => Promise.reject(new Error('disk')) });

    await errorOf(resilient(origin, { method: 'PUT', body, duplex: 'half' } as RequestInit));
    expect((await resilient(origin)).status).toBe(200);
  });

  test('a redirect it did not want', async () => {
    const { origin } = await serve((request, response) => {
      if (request.path === '/moved') response.writeHead(301, { location: '/' });
      response.end();
    });
    const resilient = resilientFetch(sensitive);

    await expect(resilient(`${origin}/moved`, { redirect: 'error' })).rejects.toThrow('fetch failed');
    expect((await resilient(origin)).status).toBe(200);
  });

  test('a body that is not the one whose hash it gave', async () => {
    const { origin } = await serve(statuses(200));
    const resilient = resilientFetch(sensitive);

    await errorOf(resilient(origin, { integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF0=' }));
    expect((await resilient(origin)).status).toBe(200);
  });
});

test('a stream is sent whole, and one that is never sent is let go', async () => {
  const server = await serve(statuses(200));
  const body = new Blob(['one ', 'two']).stream();
  const resilient = resilientFetch();

  await resilient(server.origin, { method: 'PUT', body, duplex: 'half' } as RequestInit);
  expect(server.seen).toMatchObject([{ body: 'one two' }]);

  const cancelled = Promise.withResolvers<unknown>();
  const unsent = new ReadableStream({ cancel: cancelled.resolve });
  const gone = new Error('gone');
  const init = { method: 'PUT', body: unsent, duplex: 'half', signal: AbortSignal.abort(gone) } as RequestInit;
  await expect(resilient(server.origin, init)).rejects.toBe(gone);
  await expect(cancelled.promise).resolves.toBe(gone);
});

test('a classifier that answers nonsense is reported, and the default holds', async () => {
  const server = await serve(statuses(200));
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.error)));
  const resilient = resilientFetch({ classify: (async () => 'success') as never });

  expect((await resilient(server.origin)).status).toBe(200);

  expect(server.seen.length).toBe(1);
  expect(faults).toEqual([expect.objectContaining({ message: expect.stringContaining('at once') })]);
});

test('a short deadline alone shortens the default time-out of an attempt', async () => {
  const { origin } = await serve(statuses(200));
  expect((await resilientFetch({ deadlineMs: 5_000 })(origin)).status).toBe(200);
  expect(() => resilientFetch({ deadlineMs: 5_000, timeoutMs: 6_000 })).toThrow('at most deadlineMs');
});

test('a short deadline alone shortens the default wait for a permit', async () => {
  const { origin } = await serve(() => {});
  const fetch = resilientFetch({ deadlineMs: 300, bulkhead: { concurrency: 1 } });

  const [first, second] = await Promise.allSettled([fetch(origin), fetch(origin)]);

  expect([first, second]).toMatchObject([
    { reason: { code: expect.stringMatching(/DEADLINE|TIMEOUT/) } },
    { reason: { code: 'HOLDFAST_QUEUE_TIMEOUT' } },
  ]);
});
