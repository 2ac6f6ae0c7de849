import { fails, play, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T16',
  title: 'the ratio is taken over the calls of the window, not over the minimum number of calls',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 20, windowMs: 10_000 });
    for (let call = 1; call <= 60; call++) {
      await play(breaker, time, call <= 40 ? works : fails);
      if ((await breaker.state()) === 'closed') continue;
      const failed = call - 40;
      const share = Math.round((100 * failed) / call);
      return {
        safe: false,
        saw: `opened at ${failed} failures of ${call} calls in the window: ${share} %, with a limit of 50 %`,
      };
    }
    return { safe: true, saw: 'closed at 20 failures of 60 calls in the window: 33 %, with a limit of 50 %' };
  },
};
