import { count, hanging, play, track, trip, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T1',
  title: 'a failure of a call admitted before the opening does not take the verdict from the probe',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make();
    await play(breaker, time, works);
    const early = hanging();
    track(breaker.call(early.operation));
    await trip(breaker, time);
    await time.advance(1_000);

    const probe = hanging();
    track(breaker.call(probe.operation));
    await time.rest();
    early.fail();
    await time.rest();
    const afterFailure = await breaker.state();
    probe.answer();
    await time.rest();
    const afterProbe = await breaker.state();
    return {
      safe: probe.calls === 1 && afterFailure === 'half-open' && afterProbe === 'closed',
      saw: `${afterFailure} after the late failure with ${count(probe.calls, 'probe')} running, ${afterProbe} after the success of the probe`,
    };
  },
};
