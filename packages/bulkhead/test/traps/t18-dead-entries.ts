import { ending, hanging, track, withSignal, works } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'bulkhead'> = {
  trap: 'T18',
  title: 'a waiter whose caller gives up is gone at once, and so is its place in the queue',
  needs: ['bulkhead'],
  async run({ bulkhead, time }) {
    const room = withSignal(bulkhead({ concurrency: 1, queue: 2 }));
    const running = hanging();
    track(room.call(running.operation));
    await time.rest();
    const caller = new AbortController();
    const waiters = [1, 2].map(() => track(room.call(works, caller.signal)));
    await time.rest();
    caller.abort(new Error('gone'));
    await time.rest();
    const ended = waiters.filter(({ status }) => status === 'failed').length;
    const newcomer = track(room.call(works));
    await time.rest();
    const refused = newcomer.status === 'failed';
    const fate = refused ? ending(newcomer) : 'found a place';
    running.answer();
    await time.rest();
    return {
      safe: ended === 2 && !refused && newcomer.status === 'answered',
      saw: `${ended} of 2 waiters ended when their caller gave up; a newcomer to the queue of 2 ${fate}`,
    };
  },
};
