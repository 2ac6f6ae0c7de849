import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { errorOf, serve, statuses, until } from './servers.ts';

export function bulkheadTests(send: typeof fetch): void {
  describe('the bulkhead', () => {
    test('of one origin refuses what another has room for', async () => {
      const held: ServerResponse[] = [];
      const slow = await serve((_request, response) => held.push(response));
      const quick = await serve(statuses(200));
      const resilient = resilientFetch({ fetch: send, bulkhead: { concurrency: 1, queue: 0 } });

      const first = resilient(slow.origin);
      await until(() => held.length === 1);

      await expect(resilient(slow.origin)).rejects.toMatchObject({ code: 'HOLDFAST_BULKHEAD_FULL', policy: slow.origin });
      expect((await resilient(quick.origin)).status).toBe(200);
      held[0]!.end();
      expect((await first).status).toBe(200);
    });

    test('gives the permit back with the headers, whenever the body is read', async () => {
      const held: ServerResponse[] = [];
      const server = await serve((_request, response) => {
        held.push(response);
        response.write('half, ');
      });
      const resilient = resilientFetch({ fetch: send, bulkhead: { concurrency: 1, queue: 0 } });

      const first = await resilient(server.origin);
      const second = await resilient(server.origin);

      for (const response of held) response.end('whole');
      expect(await Promise.all([first.text(), second.text()])).toEqual(['half, whole', 'half, whole']);
    });

    test('forgets a caller who leaves the queue', async () => {
      const held: ServerResponse[] = [];
      const server = await serve((_request, response) => held.push(response));
      const resilient = resilientFetch({ fetch: send, bulkhead: { concurrency: 1, queue: 1 } });
      const caller = new AbortController();

      const first = resilient(server.origin);
      await until(() => held.length === 1);
      const second = errorOf(resilient(server.origin, { signal: caller.signal }));
      caller.abort('bye');
      expect(await second).toBe('bye');
      held[0]!.end();
      await first;
      const third = resilient(server.origin);
      await until(() => held.length === 2);
      held[1]!.end();

      expect((await third).status).toBe(200);
      expect(server.seen).toHaveLength(2);
    });
  });
}
