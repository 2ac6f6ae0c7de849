import { Worker } from 'node:worker_threads';
import type { Result } from './campaign.ts';
import type { Job } from './worker.ts';

/** The package's own elector. */
export const ownElector: string = new URL('../src/elector/elector.ts', import.meta.url).href;

/** A thread that runs seeds, one job after the other. */
export class Thread {
  readonly #worker = new Worker(new URL('worker.ts', import.meta.url));

  run(job: Job): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#worker.once('message', resolve);
    this.#worker.once('error', reject);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(job);
    return promise.finally(() => {
      this.#worker.removeListener('message', resolve);
      this.#worker.removeListener('error', reject);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
