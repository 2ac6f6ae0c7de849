// An HTTP server on a thread of its own, so that it answers also while the loop of its client is blocked.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** What it tells a client that cannot listen, because its loop is blocked: counts of requests seen, and of answers sent. */
export interface Progress {
  readonly seen: Int32Array<SharedArrayBuffer>;
  readonly answered: Int32Array<SharedArrayBuffer>;
}

const { seen, answered } = workerData as Progress;
const count = (of: Int32Array<SharedArrayBuffer>): void => {
  Atomics.add(of, 0, 1);
  Atomics.notify(of, 0);
};

const server = createServer((request, response) => {
  count(seen);
  if (request.url === '/warm-up') response.end('warm');
  if (request.url === '/in-20-ms') setTimeout(() => response.end('answer', () => count(answered)), 20);
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
