import { count, fails, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

/** One day more than a timer of the system can hold. */
const WAIT_MS = 2 ** 31 + 86_400_000;

export const scenario: Scenario<'retry'> = {
  trap: 'T23',
  title: 'a wait longer than 2^31 ms is long, and not over at once',
  needs: ['retry'],
  async run({ retry, time }) {
    const service = retry({ attempts: 5, waitMs: WAIT_MS });
    let attempts = 0;
    track(
      service.call(() => {
        attempts++;
        return fails();
      }),
    );
    await time.advance(1_000);
    return { safe: attempts === 1, saw: `asked to wait for 26 days, it made ${count(attempts, 'attempt')} in the first second` };
  },
};
