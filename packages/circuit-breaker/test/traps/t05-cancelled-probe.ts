import { track, trip } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T5',
  title: 'a probe whose caller gives up decides nothing',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const caller = new AbortController();
    const breaker = make({ ignore: (error) => error === caller.signal.reason });
    await trip(breaker, time);
    await time.advance(1_000);
    // It watches the caller's signal itself, for libraries that do not pass one on.
    const probe = (): Promise<void> => time.sleep(60_000, caller.signal);
    track(breaker.call(probe, caller.signal));
    await time.rest();
    caller.abort(new Error('the caller has gone'));
    await time.rest();
    const state = await breaker.state();
    return { safe: state === 'half-open', saw: `${state} after the caller of the only probe had gone` };
  },
};
