import { Down, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'hedge'> = {
  trap: 'T26',
  title: 'a call that may not be hedged, for the budget is spent, goes on with what runs and ends with that',
  needs: ['hedge'],
  async run({ hedge, time }) {
    const service = hedge({ delayMs: 100, budget: 2 });
    let attempts = 0;
    const slow = async (): Promise<string> => {
      attempts++;
      await time.sleep(300);
      return 'answer';
    };
    const failing = async (): Promise<never> => {
      await time.sleep(200);
      throw new Down();
    };
    const calls = Array.from({ length: 5 }, () => track(service.call(slow), time));
    await time.advance(1_000);
    const failed = track(service.call(failing), time);
    const beganAt = time.now();
    await time.advance(10_000);
    const answered = calls.filter(({ status }) => status === 'answered').length;
    const endedAfter = failed.status === 'pending' ? Number.POSITIVE_INFINITY : Math.round(failed.at! - beganAt);
    return {
      safe: answered === 5 && attempts === 7 && failed.error instanceof Down && endedAfter === 200,
      saw: `with a budget of 2 hedges, ${answered} of 5 slow calls were answered, with ${attempts} attempts; one that failed after 200 ms ended after ${endedAfter} ms`,
    };
  },
};
