import { play, trip, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T30',
  title: 'a wall clock that is set back an hour does not keep the circuit open for an hour',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make();
    await trip(breaker, time);
    time.jumpWallClock(-3_600_000);
    await time.advance(1_000);
    let waitedMs = 1_000;
    while (waitedMs < 120_000) {
      const [call] = await play(breaker, time, works);
      if (call!.status === 'answered') break;
      await time.advance(1_000);
      waitedMs += 1_000;
    }
    const recovered = waitedMs < 120_000;
    return {
      safe: waitedMs === 1_000,
      saw: `opened for 1 s; ${recovered ? `let a call through after ${waitedMs / 1_000} s` : `still refused every call after ${waitedMs / 1_000} s`}`,
    };
  },
};
