import { fails, play, track, works } from '../../../../traps/src/calls.ts';
import type { Bulkhead, Operation, Scenario } from '../../../../traps/src/scenario.ts';
import type { Time } from '../../../../traps/src/time.ts';

export const scenario: Scenario<'bulkhead'> = {
  trap: 'T17',
  title: 'permits come back however a call ends',
  needs: ['bulkhead'],
  async run({ bulkhead, time }) {
    const room = bulkhead({ concurrency: 5, queue: 0, timeoutMs: 100 });
    const throws: Operation = () => {
      throw new Error('bug in the operation');
    };
    const slow: Operation = () => time.sleep(200);
    for (let round = 0; round < 10; round++) {
      await play(room, time, works, fails, throws);
      track(room.call(slow));
      await time.advance(300);
      const caller = new AbortController();
      track(room.call((signal) => time.sleep(50, signal), caller.signal));
      caller.abort();
      await time.advance(100);
    }
    const afterCalls = await permits(room, time);
    const saw = `${afterCalls} of 5 permits were there after 50 calls: answered, failed, thrown, timed out, aborted`;
    if (room.abandon === undefined) return { safe: afterCalls === 5, saw };
    for (let call = 0; call < 5; call++) room.abandon(works);
    const afterAbandoned = await permits(room, time);
    return {
      safe: afterCalls === 5 && afterAbandoned === 5,
      saw: `${saw}; ${afterAbandoned} after 5 calls that were made and never begun`,
    };
  },
};

/** How many calls can run at once. */
async function permits(room: Bulkhead, time: Time): Promise<number> {
  let running = 0;
  const operation: Operation = () => {
    running++;
    return time.sleep(50);
  };
  for (let call = 0; call < 20; call++) track(room.call(operation));
  await time.rest();
  const found = running;
  await time.advance(1_000);
  return found;
}
