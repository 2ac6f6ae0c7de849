import { count, Down, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T27',
  title: 'no attempt is begun once the deadline around the retry has passed',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 10, waitMs: 45, deadlineMs: 100 });
    const begunAt: number[] = [];
    const call = track(
      service.call(async () => {
        begunAt.push(time.now());
        await time.sleep(10);
        throw new Down();
      }),
      time,
    );
    await time.advance(2_000);
    const late = begunAt.filter((at) => at >= 100).length;
    const ended = call.status === 'pending' ? 'never' : `after ${Math.round(call.at!)} ms`;
    return {
      safe: late === 0 && call.status === 'failed',
      saw: `with a deadline of 100 ms the call ended ${ended}; ${count(late, 'attempt')} begun when no time was left`,
    };
  },
};
