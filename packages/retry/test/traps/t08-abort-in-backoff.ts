import { count, Down, ending, track, withSignal } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T8',
  title: "the caller's abort ends the wait between two attempts at once",
  needs: ['retry'],
  async run({ retry, time }) {
    const service = withSignal(retry({ attempts: 3, waitMs: 1_000 }));
    const caller = new AbortController();
    const reason = new Error('the user left the page');
    let attempts = 0;
    const call = track(
      service.call(() => {
        attempts++;
        return Promise.reject(new Down());
      }, caller.signal),
      time,
    );
    await time.advance(50);
    caller.abort(reason);
    await time.advance(5_000);
    const after = call.status === 'pending' ? '' : ` after ${call.at} ms`;
    return {
      safe: call.error === reason && call.at! <= 60 && attempts === 1,
      saw: `aborted after 50 ms, in a wait of 1000 ms, the call ${ending(call)}${after}, having made ${count(attempts, 'attempt')}`,
    };
  },
};
