import { ending, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'plain'> = {
  trap: 'T32',
  title: 'a function that is not async may return nothing, and may throw',
  needs: ['plain'],
  async run({ plain, time }) {
    const bug = new RangeError('thrown at once');
    let atOnce: unknown;
    const call = (operation: () => unknown) => {
      try {
        return track(plain().call(operation));
      } catch (error) {
        atOnce = error;
        return track(Promise.reject(error));
      }
    };
    const returned = call(() => undefined);
    const thrown = call(() => {
      throw bug;
    });
    await time.rest();
    return {
      safe: atOnce === undefined && returned.status === 'answered' && returned.value === undefined && thrown.error === bug,
      saw: `a function that returns nothing ${ending(returned)}; one that throws ${ending(thrown)}`,
    };
  },
};
