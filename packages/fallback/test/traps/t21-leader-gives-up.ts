import { ending, track, withSignal } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'singleFlight'> = {
  trap: 'T21',
  title: 'when the caller that began a shared call gives up, the others still get their answer',
  needs: ['singleFlight'],
  async run({ singleFlight, time }) {
    const shared = withSignal(singleFlight());
    const operation = async (signal?: AbortSignal): Promise<string> => {
      await time.sleep(100, signal);
      return 'answer';
    };
    const leader = new AbortController();
    track(shared.call(operation, leader.signal));
    await time.rest();
    const joined = track(shared.call(operation));
    await time.rest();
    leader.abort(new Error('the first caller left'));
    await time.advance(1_000);
    return { safe: joined.status === 'answered', saw: `the call that had joined ${ending(joined)}` };
  },
};
