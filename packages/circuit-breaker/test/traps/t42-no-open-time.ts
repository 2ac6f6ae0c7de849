import { Down, fails, play, repeat, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T42',
  title: 'an open time of 0 neither recurses nor spins',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ openMs: 0 });
    const failing = [];
    for (const operation of repeat(10, fails)) {
      failing.push(track(breaker.call(operation)));
      await time.advance(0); // all in the same millisecond
    }
    const own = failing.filter(({ error }) => error instanceof Down).length;
    await time.rest();
    const [answered] = await play(breaker, time, works);
    const state = await breaker.state();
    return {
      safe: own === 10 && answered!.status === 'answered' && state === 'closed',
      saw: `${own} of 10 failing calls got through to their error; the call that worked was ${answered!.status} and left the circuit ${state}`,
    };
  },
};
