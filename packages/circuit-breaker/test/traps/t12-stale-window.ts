import { fails, play, repeat } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T12',
  title: 'failures from before a long idle time do not open the circuit',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 5, windowMs: 10_000 });
    await play(breaker, time, ...repeat(4, fails));
    const before = await breaker.state();
    await time.advance(300_000);
    await play(breaker, time, fails);
    const after = await breaker.state();
    return {
      safe: before === 'closed' && after === 'closed',
      saw: `${after} after one failure, which came 5 minutes after 4 others, with a window of 10 s and a minimum of 5 calls`,
    };
  },
};
