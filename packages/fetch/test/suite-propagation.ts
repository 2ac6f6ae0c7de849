import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { resilientFetch } from '../src/index.ts';
import { serve, statuses, until } from './servers.ts';

const own = (headers: object): [string, unknown][] => Object.entries(headers).filter(([name]) => name.startsWith('x-holdfast'));

export function propagationTests(send: typeof fetch): void {
  describe('the headers about the call', () => {
    test('go to no origin that was not named', async () => {
      const named = await serve(statuses(200));
      const other = await serve(statuses(200));
      const resilient = resilientFetch({ fetch: send, propagateTo: [named.origin] });

      await (await resilient(other.origin)).text();
      await (await resilientFetch({ fetch: send })(named.origin)).text();

      expect([...other.seen, ...named.seen].flatMap(({ headers }) => own(headers))).toEqual([]);
    });

    test('tell a named one the time left to this attempt, the class, and which attempt it is', async () => {
      const clock = new VirtualClock();
      const server = await serve(statuses(503, 200));
      const resilient = resilientFetch({
        fetch: send,
        clock,
        timeoutMs: 900,
        deadlineMs: 1_000,
        retry: { backoff: () => 300 },
        propagateTo: [`${server.origin}/`],
      });

      const pending = resilient(server.origin, { headers: { 'x-a': 'b' }, holdfast: { criticality: 'sheddable' } });
      await until(() => clock.pendingTimers.some(({ delayMs }) => delayMs === 300));
      await clock.advance(300);
      await pending;

      expect(server.seen.map(({ headers }) => headers)).toMatchObject([
        { 'x-a': 'b', 'x-holdfast-deadline-ms': '900', 'x-holdfast-class': 'sheddable', 'x-holdfast-attempt': '1' },
        { 'x-a': 'b', 'x-holdfast-deadline-ms': '700', 'x-holdfast-class': 'sheddable', 'x-holdfast-attempt': '2' },
      ]);
    });
  });
}
