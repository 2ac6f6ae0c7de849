import { count, ending, fails, hanging, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'singleFlight'> = {
  trap: 'T21',
  title: 'a failure of a shared call is over with it, and not handed to those who come later',
  needs: ['singleFlight'],
  async run({ singleFlight, time }) {
    const shared = singleFlight();
    const dependency = hanging();
    for (let caller = 0; caller < 10; caller++) track(shared.call(dependency.operation));
    await time.rest();
    const runs = dependency.calls;
    dependency.answer();
    await time.advance(20_000);
    track(shared.call(fails));
    await time.advance(1_000);
    const later = track(shared.call(works));
    await time.rest();
    return {
      safe: runs === 1 && later.status === 'answered',
      saw: `10 calls at once made ${count(runs, 'run')}; 1 s after a run had failed, the next call ${ending(later)}`,
    };
  },
};
