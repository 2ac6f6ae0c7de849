import { Alarm } from './clock.ts';
import type { Clock } from './clock.ts';
import type { PolicyCall } from './policy.ts';

type Timers = Pick<Clock, 'arm' | 'disarm'>;

/** `Clock.sleep` for any clock that can `arm` and `disarm`. Leaves no listener on the signal and no timer behind. */
export function sleepOn(clock: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return sleep(clock, delayMs, () => () => {});
  if (signal.aborted) return Promise.reject(signal.reason);
  return sleep(clock, delayMs, (giveUp) => {
    const abort = (): void => giveUp(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
}

/** A sleep within a call: ends with the call's own reason when that is cancelled. */
export function sleepIn(call: PolicyCall, delayMs: number): Promise<void> {
  if (call.cancelled) return Promise.reject(call.reason);
  return sleep(call.clock, delayMs, (giveUp) => call.onCancel(giveUp));
}

/** `listen` starts to listen for the reason to give up, and returns how to stop listening. */
function sleep(clock: Timers, delayMs: number, listen: (giveUp: (reason: unknown) => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const alarm = new Alarm(() => {
      stopListening();
      resolve();
    });
    const stopListening = listen((reason) => {
      clock.disarm(alarm);
      reject(reason);
    });
    clock.arm(alarm, delayMs);
  });
}
