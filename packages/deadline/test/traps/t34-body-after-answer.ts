import { ending, track } from '../../../../traps/src/calls.ts';
import { Lacks } from '../../../../traps/src/scenario.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T34',
  title: 'the signal of a call that was answered is left alone, so that the body of the answer can be read',
  needs: ['timeout'],
  async run({ timeout, time }) {
    const limit = timeout({ ms: 100 });
    let handedOut = false;
    /** As fetch does it: answers with the head, and the body goes on under the same signal. */
    const fetching = async (signal?: AbortSignal) => {
      handedOut = signal !== undefined;
      await time.sleep(20, signal);
      return { text: () => time.sleep(20, signal).then(() => 'the whole body') };
    };
    const reading = track(limit.call(fetching).then((answer) => (answer as { text(): Promise<string> }).text()));
    await time.advance(1_000);
    if (!handedOut) throw new Lacks('hands out no signal');
    return {
      safe: reading.status === 'answered',
      saw: `the reading of the body, after the answer had come in time, ${ending(reading)}`,
    };
  },
};
