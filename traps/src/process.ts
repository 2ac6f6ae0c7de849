import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Time } from './time.ts';

/** How many timers keep this thread, or process, from ending by itself. */
export function liveTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** Twice, with turns of the event loop in between: a weak reference holds its object to the end of the turn it was read or made in. */
export async function collectGarbage(time: Time): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 2; round++) {
    await time.rest();
    collect();
  }
}
