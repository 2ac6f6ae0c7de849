import { getEventListeners } from 'node:events';
import { count, fails, play, withSignal, works } from '../../../../traps/src/calls.ts';
import type { Operation, Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T11',
  title: 'calls that are over leave no listener on a signal that lives on',
  needs: ['timeout'],
  async run({ timeout, time }) {
    const limit = withSignal(timeout({ ms: 100 }));
    const { signal } = new AbortController();
    const slow: Operation = () => time.sleep(200);
    const underSignal = { takesSignal: true, call: (operation: Operation) => limit.call(operation, signal) };
    for (let round = 0; round < 20; round++) await play(underSignal, time, works, fails, slow);
    await time.advance(1_000);
    const left = getEventListeners(signal, 'abort').length;
    return {
      safe: left === 0,
      saw: `${count(left, 'listener')} left on the signal after 60 calls: answered, failed and timed out`,
    };
  },
};
