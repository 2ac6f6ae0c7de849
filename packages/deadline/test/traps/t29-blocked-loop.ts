import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ending, track } from '../../../../traps/src/calls.ts';
import type { Scenario } from '../../../../traps/src/scenario.ts';

export const scenario: Scenario<'timeout'> = {
  trap: 'T29',
  title: 'an answer that came while our own event loop was blocked is not a time-out of the dependency',
  needs: ['timeout'],
  time: 'real',
  async run({ timeout, time }) {
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const dependency = new Worker(new URL('replier.ts', import.meta.url), { workerData: answered, execArgv: [] });
    const ask = async (question: string): Promise<unknown> => {
      const answer = once(dependency, 'message');
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
      dependency.postMessage(question);
      return (await answer)[0];
    };
    try {
      await ask('warm-up');
      const limit = timeout({ ms: 100 });
      const call = track(limit.call(() => ask('question')));
      // After the poll for messages, so that timers are the first thing the loop looks at when it goes on.
      setImmediate(block, answered, answered[0]!);
      while (call.status === 'pending') await time.rest();
      return {
        safe: call.value === 'answer',
        saw: `with a limit of 100 ms and a loop blocked for 300 ms, an answer given after 20 ms: the call ${ending(call)}`,
      };
    } finally {
      await dependency.terminate();
    }
  },
};

/** Blocks this thread for 300 ms, and longer if the answer is not there by then. */
function block(answered: Int32Array<SharedArrayBuffer>, before: number): void {
  const startedAt = performance.now();
  Atomics.wait(answered, 0, before, 10_000);
  const never = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, Math.max(0, 300 - (performance.now() - startedAt)));
}
