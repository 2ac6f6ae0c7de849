import { fails, play, repeat, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T15',
  title: 'calls refused while it was open are not in the ratio afterwards',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 10 });
    await play(breaker, time, ...repeat(10, fails));
    const opened = await breaker.state();
    for (let caller = 0; caller < 200; caller++) track(breaker.call(works));
    await time.advance(1_000);
    await play(breaker, time, works);
    const recovered = await breaker.state();
    await play(breaker, time, ...repeat(20, fails));
    const again = await breaker.state();
    return {
      safe: opened === 'open' && recovered === 'closed' && again === 'open',
      saw: `${opened}, 200 callers refused, ${recovered} by a probe, then ${again} after 20 of 20 calls had failed`,
    };
  },
};
