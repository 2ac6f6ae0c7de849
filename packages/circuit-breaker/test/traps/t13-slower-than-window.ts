import { hanging, play, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T13',
  title: 'calls that take longer than the window count when they end',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 5, windowMs: 10_000 });
    await play(breaker, time, works);
    let failed = 0;
    for (let round = 0; round < 3; round++) {
      const slow = hanging();
      const calls = Array.from({ length: 10 }, () => track(breaker.call(slow.operation)));
      await time.advance(15_000);
      slow.fail();
      await time.rest();
      failed += calls.filter(({ status }) => status === 'failed').length;
      if ((await breaker.state()) === 'open') break;
    }
    const state = await breaker.state();
    return { safe: state === 'open', saw: `${state} after ${failed} calls of 15 s had failed, with a window of 10 s` };
  },
};
