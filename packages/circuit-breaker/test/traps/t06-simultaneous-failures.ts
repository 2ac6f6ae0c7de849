import { fails, hanging, play, track, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'breaker'> = {
  trap: 'T6',
  title: 'failures of the same instant, and late ones while it is open, neither lose nor put off the recovery',
  needs: ['breaker'],
  async run({ breaker: make, time }) {
    const breaker = make();
    await play(breaker, time, works);
    const late = hanging();
    for (let call = 0; call < 3; call++) track(breaker.call(late.operation));
    for (let call = 0; call < 10; call++) track(breaker.call(async () => time.sleep(50).then(fails)));
    await time.advance(50);
    await time.rest();
    const afterFailures = await breaker.state();
    if (afterFailures !== 'open') return { safe: false, saw: `${afterFailures} after 10 of 11 ended calls had failed` };
    await time.advance(800);
    late.fail();
    await time.advance(200);
    const [probe] = await play(breaker, time, works);
    return {
      safe: probe!.status === 'answered',
      saw: `opened for 1000 ms by 10 failures at once, 3 more came at 800 ms; a call at 1000 ms was ${probe!.status === 'answered' ? 'let through' : 'refused'}`,
    };
  },
};
