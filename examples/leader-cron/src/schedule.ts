import { setTimeout as sleep } from 'node:timers/promises';

/** Every full second from now on, as a number of seconds since 1970, until the signal aborts. */
export async function* eachSecond(signal: AbortSignal): AsyncGenerator<number, void> {
  while (!signal.aborted) {
    const waitMs = 1_000 - (Date.now() % 1_000);
    try {
      await sleep(waitMs, undefined, { signal });
    } catch {
      return; // aborted while waiting
    }
    yield Math.round(Date.now() / 1_000);
  }
}
