import { track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T33',
  title: 'Retry-After is followed at its edges: 0 is at once, a past date too, a thousand days is not',
  needs: ['retry'],
  async run({ retry, time }) {
    const waitAfter = async (headers: Record<string, string>): Promise<string> => {
      const service = retry({ attempts: 2, waitMs: 100, retryAfter: true });
      const begunAt: number[] = [];
      track(
        service.call(() => {
          begunAt.push(time.now());
          return Promise.reject(Object.assign(new Error('busy'), { status: 503, headers: new Headers(headers) }));
        }),
      );
      await time.advance(60_000);
      return begunAt.length === 1 ? 'no retry' : `${begunAt[1]! - begunAt[0]!} ms`;
    };
    const past = { 'Retry-After': 'Thu, 01 Jan 2026 00:00:00 GMT', Date: 'Thu, 01 Jan 2026 00:01:00 GMT' };
    const zero = await waitAfter({ 'Retry-After': '0' });
    const gone = await waitAfter(past);
    const huge = await waitAfter({ 'Retry-After': String(1_000 * 86_400) });
    return {
      safe: zero === '0 ms' && gone === '0 ms' && huge === 'no retry',
      saw: `waits after "0": ${zero}; after a date in the past: ${gone}; after 1000 days: ${huge} within a minute`,
    };
  },
};
