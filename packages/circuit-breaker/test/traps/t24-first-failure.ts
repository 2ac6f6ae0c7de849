import { count, fails, play } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'defaultBreaker'> = {
  trap: 'T24',
  title: 'a breaker as it comes does not open at the first failure',
  needs: ['defaultBreaker'],
  async run({ defaultBreaker, time }) {
    const breaker = defaultBreaker();
    let failures = 0;
    while (failures < 50 && (await breaker.state()) === 'closed') {
      await play(breaker, time, fails);
      failures++;
    }
    const opened = (await breaker.state()) === 'open';
    return {
      safe: failures > 1,
      saw: opened ? `opened after ${count(failures, 'failure')}` : `closed after ${failures} failures`,
    };
  },
};
