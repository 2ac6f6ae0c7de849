import { fails, track, works } from '../../../../traps/src/calls.ts';
import { Lacks } from '../../../../traps/src/scenario.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T15',
  title: 'answers from the cache are not calls, and do not hide that every call fails',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make({ minimumCalls: 10, cacheMs: 60_000 });
    const { callFor } = breaker;
    if (callFor === undefined) throw new Lacks('has no cache');
    track(callFor('cached', works));
    await time.advance(20_000);
    let hits = 0;
    let failed = 0;
    for (; failed < 20 && (await breaker.state()) === 'closed'; failed++) {
      for (let reader = 0; reader < 5; reader++) {
        const hit = track(callFor('cached', works));
        await time.advance(0);
        if (hit.status === 'answered') hits++;
      }
      track(callFor(`missing-${failed}`, fails));
      await time.rest();
    }
    const state = await breaker.state();
    return {
      safe: state === 'open',
      saw: `${state} after ${failed} of ${failed} calls had failed, with ${hits} answers from the cache in between`,
    };
  },
};
