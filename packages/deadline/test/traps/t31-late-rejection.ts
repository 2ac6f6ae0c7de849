import { count, Down, ending, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T31',
  title: 'an operation that fails after its time-out runs no second fallback, and no rejection is left unhandled',
  needs: ['timeout'],
  async run({ timeout, time, unhandledRejections }) {
    let fallbacks = 0;
    const answering = timeout({ ms: 100, fallback: () => `fallback ${++fallbacks}` });
    const plain = timeout({ ms: 100 });
    const late = async (): Promise<never> => {
      await time.sleep(200);
      throw new Down();
    };
    const calls = [track(answering.call(late)), track(plain.call(late))];
    await time.advance(1_000);
    const unhandled = unhandledRejections();
    return {
      safe: fallbacks === 1 && unhandled === 0 && calls.every(({ status }) => status !== 'pending'),
      saw: `the fallback ran ${count(fallbacks, 'time')}; ${count(unhandled, 'rejection')} left unhandled; without a fallback the call ${ending(calls[1]!)}`,
    };
  },
};
