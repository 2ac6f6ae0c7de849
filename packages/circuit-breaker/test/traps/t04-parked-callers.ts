import { hanging, track, trip } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T4',
  title: 'who comes while a probe runs is refused at once, not parked and let loose on the dependency',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make();
    await trip(breaker, time);
    await time.advance(1_000);
    const probe = hanging();
    track(breaker.call(probe.operation));
    await time.rest();

    const dependency = hanging();
    const callers = Array.from({ length: 1_000 }, () => track(breaker.call(dependency.operation)));
    await time.rest();
    const parked = callers.filter(({ status }) => status === 'pending').length;
    probe.answer();
    await time.rest();
    return {
      safe: parked === 0 && dependency.calls === 0,
      saw: `of 1000 callers ${1_000 - parked} were refused and ${parked} kept waiting; after the probe ${dependency.calls} ran at once`,
    };
  },
};
