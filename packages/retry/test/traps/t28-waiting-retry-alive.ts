import { count, fails, track } from '../../../../traps/src/calls.ts';
import { liveTimers } from '../../../../traps/src/process.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'retry'> = {
  trap: 'T28',
  title: 'a retry that waits keeps its process alive: the work is not done yet',
  needs: ['retry'],
  time: 'real',
  async run({ retry, time }) {
    const before = liveTimers();
    track(retry({ attempts: 2, waitMs: 30_000 }).call(fails));
    await time.rest();
    const timers = liveTimers() - before;
    return { safe: timers > 0, saw: `${count(timers, 'timer')} kept the process alive while a retry waited for 30 s` };
  },
};
