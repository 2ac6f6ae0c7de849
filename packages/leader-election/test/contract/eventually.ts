import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 25;
const PATIENCE_MS = 10_000;

/** Again until it does not reject: an elector would, too. What has not come about in ten seconds rejects as it did last. */
export async function eventually<T>(run: () => Promise<T>): Promise<T> {
  for (let leftMs = PATIENCE_MS; leftMs > 0; leftMs -= EVERY_MS) {
    try {
      return await run();
    } catch {
      await delay(EVERY_MS);
    }
  }
  return run();
}
