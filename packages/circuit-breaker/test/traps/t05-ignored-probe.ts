import { fails, play, trip } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T5',
  title: 'a probe that ends in an error declared to say nothing leaves the verdict to the next one',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const nothing = new Error('not our fault, nor theirs');
    const breaker = make({ ignore: (error) => error === nothing });
    await trip(breaker, time);
    await time.advance(1_000);
    await play(breaker, time, () => Promise.reject(nothing));
    const afterIgnored = await breaker.state();
    const [next] = await play(breaker, time, fails);
    const afterFailure = await breaker.state();
    return {
      safe: afterIgnored === 'half-open' && afterFailure === 'open',
      saw: `${afterIgnored} after the ignored error; the next call, which failed, ${next!.status === 'failed' ? `left it ${afterFailure}` : 'did not end'}`,
    };
  },
};
