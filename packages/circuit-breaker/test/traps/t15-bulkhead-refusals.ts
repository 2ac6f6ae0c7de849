import { count, hanging, play, repeat, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T15',
  title: 'what an inner bulkhead refuses is no failure of the dependency',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 10, concurrency: 1 });
    const healthy = hanging();
    track(breaker.call(healthy.operation));
    await time.rest();
    const refused = await play(breaker, time, ...repeat(20, works));
    const failed = refused.filter(({ status }) => status === 'failed').length;
    const state = await breaker.state();
    return {
      safe: failed === 20 && state === 'closed',
      saw: `${state} after ${count(failed, 'call')} had found the bulkhead full; none of them reached the dependency, which was well`,
    };
  },
};
