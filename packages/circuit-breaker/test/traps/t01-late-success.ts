import { count, hanging, play, track, trip, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T1',
  title: 'a success of a call admitted before the opening does not close the circuit',
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
    early.answer();
    await time.rest();
    const afterSuccess = await breaker.state();
    return {
      safe: probe.calls === 1 && afterSuccess === 'half-open',
      saw: `${afterSuccess} after the late success, with ${count(probe.calls, 'probe')} running and none ended`,
    };
  },
};
