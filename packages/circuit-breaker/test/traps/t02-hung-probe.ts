import { hanging, track, trip, works } from '../../../../traps/src/calls.ts';
import type { Tracked } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T2',
  title: 'a probe that hangs, with no time-out set, does not block the recovery for ever',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ probeWaitMs: 10_000 });
    await trip(breaker, time);
    await time.advance(1_000);
    track(breaker.call(hanging().operation));
    await time.rest();

    const later: Tracked[] = [];
    for (let second = 0; second < 60; second++) {
      later.push(track(breaker.call(works)));
      await time.advance(1_000);
    }
    const answered = later.filter(({ status }) => status === 'answered').length;
    const pending = later.filter(({ status }) => status === 'pending').length;
    return {
      safe: answered > 0 && pending === 0,
      saw: `of 60 calls, one a second after the probe that hangs, ${answered} were answered, ${60 - answered - pending} refused and ${pending} left pending`,
    };
  },
};
