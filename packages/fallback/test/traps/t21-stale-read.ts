import { count, hanging, play, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'staleCache'> = {
  trap: 'T21',
  title: 'a stale answer is given at once while a newer one is fetched, and it is fetched once',
  needs: ['staleCache'],
  async run({ staleCache, time }) {
    const cache = staleCache({ freshMs: 1_000 });
    await play(cache, time, works);
    await time.advance(2_000);
    const refresh = hanging();
    const readers = Array.from({ length: 10 }, () => track(cache.call(refresh.operation)));
    await time.rest();
    const served = readers.filter(({ value }) => value === 'answer').length;
    return {
      safe: served === 10 && refresh.calls === 1,
      saw: `of 10 readers of a stale answer ${served} were served at once and ${10 - served} waited; the dependency was called ${count(refresh.calls, 'time')}`,
    };
  },
};
