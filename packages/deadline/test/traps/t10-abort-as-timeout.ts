import { ending, track, withSignal } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T10',
  title: "the caller's abort ends the call at once, with the caller's own reason and not as a time-out",
  needs: ['timeout'],
  async run({ timeout, time }) {
    const limit = withSignal(timeout({ ms: 1_000 }));
    const caller = new AbortController();
    const reason = new Error('the user left the page');
    const call = track(
      limit.call(() => time.sleep(10_000), caller.signal),
      time,
    );
    await time.advance(50);
    caller.abort(reason);
    await time.rest();
    const soon = call.status === 'failed' && call.at! < 100;
    return {
      safe: soon && call.error === reason,
      saw: `aborted after 50 ms with "${reason.message}", the call ${ending(call)}${soon ? ', at once' : ''}`,
    };
  },
};
