import type { Scenario } from '../../../../traps/src/scenario.ts';
import { nameOf } from '../../../../traps/src/calls.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T38',
  title: "the caller's options object is read, and not written to",
  needs: ['breaker'],
  async run({ breaker: make }) {
    let options: object = {};
    let before: string[] = [];
    make({
      given(native) {
        options = native;
        before = Object.keys(native);
      },
    });
    const added = Object.keys(options).filter((key) => !before.includes(key));
    let frozen = 'accepted';
    try {
      make({ given: (native) => void Object.freeze(native) });
    } catch (error) {
      frozen = `answered with ${nameOf(error)}`;
    }
    return {
      safe: added.length === 0 && frozen === 'accepted',
      saw: `${added.length} options were written into the caller's object; a frozen one was ${frozen}`,
    };
  },
};
