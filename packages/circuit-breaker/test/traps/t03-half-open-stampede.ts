import { hanging, repeat, track, trip } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T3',
  title: 'a half-open circuit lets one probe through, and no crowd',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make();
    await trip(breaker, time);
    await time.advance(1_000);
    const dependency = hanging();
    for (const operation of repeat(100, dependency.operation)) track(breaker.call(operation));
    await time.rest();
    return {
      safe: dependency.calls === 1,
      saw: `${dependency.calls} of 100 callers reached the dependency at once`,
    };
  },
};
