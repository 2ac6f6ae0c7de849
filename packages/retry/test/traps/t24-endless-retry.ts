import { count, fails, hanging, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

/** Here the experiment ends. */
const ENOUGH = 200;

export const scenario: Scenario<'defaultRetry'> = {
  trap: 'T24',
  title: 'a retry as it comes does not go on for ever',
  needs: ['defaultRetry'],
  async run({ defaultRetry, time }) {
    const service = defaultRetry();
    const begunAt: number[] = [];
    const call = track(
      service.call(() => {
        begunAt.push(time.now());
        return begunAt.length < ENOUGH ? fails() : hanging().operation();
      }),
    );
    await time.advance(3_600_000);
    const took = Math.round(begunAt.at(-1)! - begunAt[0]!);
    const end = call.status === 'failed' ? 'and gave up' : 'and would have gone on';
    return {
      safe: call.status === 'failed',
      saw: `under an operation that fails at once it made ${count(begunAt.length, 'attempt')} within ${took} ms ${end}`,
    };
  },
};
