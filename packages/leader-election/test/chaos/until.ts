import { setTimeout as delay } from 'node:timers/promises';
import { sharedNowMs } from './shared-clock.ts';

/** How often a condition is looked at, in milliseconds. */
const LOOK_EVERY_MS = 10;

/** Waits for a condition, and no longer than `withinMs`. @returns whether it came to hold. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadlineMs = sharedNowMs() + withinMs;
  for (;;) {
    if (await holds()) return true;
    if (sharedNowMs() >= deadlineMs) return false;
    await delay(LOOK_EVERY_MS);
  }
}
