import { fails, play, repeat, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T14',
  title: 'the success that completes the minimum number of calls is judged like any other call',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 10 });
    await play(breaker, time, ...repeat(9, fails), works);
    const state = await breaker.state();
    return { safe: state === 'open', saw: `${state} after 10 calls, the minimum, of which the first 9 had failed` };
  },
};
