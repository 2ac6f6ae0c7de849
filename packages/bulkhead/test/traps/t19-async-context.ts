import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'bulkhead'> = {
  trap: 'T19',
  title: 'a queued operation runs in the async context of the caller who queued it',
  needs: ['bulkhead'],
  time: 'real', // replaced timers carry no async context
  async run({ bulkhead, time }) {
    const room = bulkhead({ concurrency: 1, queue: 10 });
    const requestId = new AsyncLocalStorage<number>();
    const calls: Promise<unknown>[] = [];
    let wrong = 0;
    let ran = 0;
    for (let request = 1; request <= 5; request++) {
      requestId.run(request, () => {
        const call = room.call(async () => {
          if (requestId.getStore() !== request) wrong++;
          await time.sleep(5);
          ran++;
        });
        calls.push(call);
      });
    }
    await Promise.all(calls);
    return {
      safe: wrong === 0,
      saw: `${wrong} of ${ran} operations, of which all but the first were queued, ran in the context of another request`,
    };
  },
};
