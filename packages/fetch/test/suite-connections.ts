import { describe, expect, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { serve, statuses, until } from './servers.ts';

export function connectionTests(send: typeof fetch): void {
  const resilient = resilientFetch({ fetch: send, retry: { backoff: () => 0, budget: false }, circuitBreaker: false });

  describe('the connections of discarded attempts', () => {
    test('are used again when the body was short', async () => {
      const server = await serve(statuses(503, 503, 200));

      expect(await (await resilient(server.origin)).text()).toBe('status 200');
      expect(server.seen).toHaveLength(3);
      // A new attempt may begin before the old connection is seen to be free, once.
      expect(server.connections).toBeLessThanOrEqual(2);
      expect(server.abandoned).toBe(0);
    });

    test('are closed when the body has no end', async () => {
      let attempts = 0;
      const server = await serve((_request, response) => {
        if (++attempts > 1) return void response.end('fine');
        response.statusCode = 503;
        const pour = (): void => {
          while (response.write('x'.repeat(16_384)));
        };
        response.on('drain', pour);
        pour();
      });

      expect(await (await resilient(server.origin)).text()).toBe('fine');
      await until(() => server.abandoned === 1);
      expect(server.seen).toHaveLength(2);
    });

    test('are closed when the body is announced to be large', async () => {
      let attempts = 0;
      const server = await serve((_request, response) => {
        if (++attempts > 1) return void response.end('fine');
        response.writeHead(503, { 'content-length': 10_000_000 }).write('x');
      });

      expect(await (await resilient(server.origin)).text()).toBe('fine');
      await until(() => server.abandoned === 1);
    });

    test('break quietly when the server breaks the body off', async () => {
      let attempts = 0;
      const server = await serve((_request, response) => {
        if (++attempts > 1) return void response.end('fine');
        response.writeHead(503, { 'content-length': 100 }).write('x', () => response.destroy());
      });

      expect(await (await resilient(server.origin)).text()).toBe('fine');
    });

    test('are not left behind by many failing calls', async () => {
      const server = await serve(statuses(503));

      for (let i = 0; i < 30; i++) await (await resilient(server.origin)).text();

      expect(server.seen).toHaveLength(90);
      expect(server.connections).toBeLessThan(10);
    });
  });

  test('cancels the response that a fetch without regard for its signal brings too late', async () => {
    let settle = (_response: Response): void => {};
    const deaf = resilientFetch({ fetch: () => new Promise<Response>((resolve) => void (settle = resolve)), retry: false });
    const caller = new AbortController();
    const pending = deaf('http://127.0.0.1:9', { signal: caller.signal });
    await Promise.resolve();
    caller.abort('enough');
    await expect(pending).rejects.toBe('enough');

    const cancelled = await new Promise((resolve) => {
      const endless = new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
        cancel: () => resolve('cancelled'),
      });
      settle(new Response(endless, { status: 200 }));
    });

    expect(cancelled).toBe('cancelled');
  });
}
