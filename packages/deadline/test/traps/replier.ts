// A dependency on a thread of its own: it answers in 20 ms, also while the loop of its client is blocked.
import { parentPort, workerData } from 'node:worker_threads';

const answered = workerData as Int32Array<SharedArrayBuffer>;
const answer = (): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort!.postMessage('answer');
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
};
parentPort!.on('message', (question) => (question === 'warm-up' ? answer() : setTimeout(answer, 20)));
