import { fails, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T25',
  title: 'a retry is paid for before its wait, so that a burst of failures does not find the same token twice',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 2, waitMs: 1_000, budget: 5 });
    let attempts = 0;
    for (let call = 0; call < 100; call++) {
      track(
        service.call(() => {
          attempts++;
          return fails();
        }),
      );
    }
    await time.advance(5_000);
    return {
      safe: attempts === 105,
      saw: `with a budget of 5 retries, 100 calls that failed at once made ${attempts - 100} retries`,
    };
  },
};
