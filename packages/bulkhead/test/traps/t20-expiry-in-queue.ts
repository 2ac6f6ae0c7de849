import { ending, hanging, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'bulkhead'> = {
  trap: 'T20',
  title: 'the time a call may wait includes the time in the queue, and what has expired is not begun',
  needs: ['bulkhead'],
  async run({ bulkhead, time }) {
    const room = bulkhead({ concurrency: 1, queue: 10, expiryMs: 50 });
    const before = hanging();
    track(room.call(before.operation));
    await time.rest();
    let begunAfter = -1;
    const queuedAt = time.now();
    const waiter = track(
      room.callWithin(() => {
        begunAfter = time.now() - queuedAt;
        return Promise.resolve('much too late');
      }),
      time,
    );
    await time.advance(2_000);
    before.answer();
    await time.advance(1_000);
    const endedAfter = Math.round(waiter.at! - queuedAt);
    const begun = begunAfter < 0 ? 'never begun' : `begun after ${begunAfter} ms`;
    return {
      safe: waiter.status === 'failed' && endedAfter <= 60 && begunAfter < 0,
      saw: `queued with an expiry of 50 ms, the call ${ending(waiter)} after ${endedAfter} ms; its operation was ${begun}`,
    };
  },
};
