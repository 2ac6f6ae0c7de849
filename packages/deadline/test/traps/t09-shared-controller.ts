import { ending, track } from '../../../../traps/src/calls.ts';
import { Lacks } from '../../../../traps/src/scenario.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T9',
  title: 'the time-out of one call does not abort another one that runs beside it',
  needs: ['timeout'],
  async run({ timeout, time }) {
    const limit = timeout({ ms: 100 });
    let handedOut = 0;
    const taking = (ms: number) => async (signal?: AbortSignal) => {
      if (signal !== undefined) handedOut++;
      await time.sleep(ms, signal);
      return 'answer';
    };
    track(limit.call(taking(10_000)));
    await time.advance(60);
    const healthy = track(limit.call(taking(60)));
    await time.advance(100);
    if (handedOut < 2) throw new Lacks('hands out no signal');
    return {
      safe: healthy.status === 'answered',
      saw: `a call of 60 ms under a limit of 100 ms ${ending(healthy)}, when one begun 60 ms before it ran out of time`,
    };
  },
};
