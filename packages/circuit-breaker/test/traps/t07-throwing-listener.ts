import { count, Down, ending, fails, play, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T7',
  title: 'a listener that throws neither hides the error of the call nor touches the state',
  needs: ['breaker'],
  alone: true,
  async run({ breaker: make, time, unhandledRejections }) {
    let heard = 0;
    const breaker = make({
      minimumCalls: 3,
      listener: () => {
        heard++;
        throw new Error('bug in a listener');
      },
    });
    const calls = await play(breaker, time, works, fails, fails);
    const hidden = calls.filter(({ status, error }) => status !== 'answered' && !(error instanceof Down));
    const opened = await breaker.state();
    await time.advance(1_000);
    await play(breaker, time, works);
    const recovered = await breaker.state();
    const unhandled = unhandledRejections();
    return {
      safe: heard > 0 && hidden.length === 0 && opened === 'open' && recovered === 'closed' && unhandled === 0,
      saw: [
        `with a listener that threw ${count(heard, 'time')}`,
        hidden.length === 0 ? 'each caller got the error of its call' : `a caller whose call had failed ${ending(hidden[0]!)}`,
        `the circuit was ${opened}, then ${recovered}`,
        ...(unhandled === 0 ? [] : [`${count(unhandled, 'rejection')} left unhandled`]),
      ].join('; '),
    };
  },
};
