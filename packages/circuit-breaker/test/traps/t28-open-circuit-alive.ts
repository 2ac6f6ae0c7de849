import { count, trip } from '../../../../traps/src/calls.ts';
import { liveTimers } from '../../../../traps/src/process.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T28',
  title: 'an open circuit does not keep a process alive that has nothing more to do',
  needs: ['breaker'],
  time: 'real',
  async run({ breaker: make, time }) {
    const before = liveTimers();
    const breaker = make({ openMs: 30_000 });
    await trip(breaker, time);
    const timers = liveTimers() - before;
    breaker.dispose?.();
    return { safe: timers === 0, saw: `${count(timers, 'timer')} kept the process alive while the circuit was open for 30 s` };
  },
};
