import { install } from '@sinonjs/fake-timers';
import type { Clock, FakeMethod } from '@sinonjs/fake-timers';

/** The time a scenario runs in; what it sleeps and what the library waits for move together. */
export interface Time {
  /** Milliseconds since the scenario began. */
  now(): number;
  advance(ms: number): Promise<void>;
  /** Lets everything under way come to rest. Takes 10 ms: some libraries hand each job through several timers of 0 ms. */
  rest(): Promise<void>;
  /** For operations that take time. Rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves the wall clock, and nothing else. */
  jumpWallClock(ms: number): void;
}

export const REST_MS = 10;

/** Where the wall clock stands at first, the same in every run. */
const START = Date.UTC(2026, 0, 1);

const FAKED: FakeMethod[] = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance', 'hrtime'];

let globals: Clock | undefined;

/**
 * The globals replaced by ones that stand still until told to move: to be called before the library is loaded. Called again it starts
 * anew, with no timer left.
 */
export function fakedTime(): Time {
  const clock = (globals ??= install({ now: START, toFake: FAKED }));
  clock.reset();
  const startedAt = performance.now();
  const advance = async (ms: number): Promise<void> => void (await clock.tickAsync(ms));
  return {
    now: () => Math.round(performance.now() - startedAt),
    advance,
    rest: () => advance(REST_MS),
    sleep: sleepOnGlobals,
    jumpWallClock: (ms) => clock.setSystemTime(Date.now() + ms),
  };
}

/** Time as it passes. */
export function realTime(): Time {
  const startedAt = performance.now();
  return {
    now: () => performance.now() - startedAt,
    advance: (ms) => sleepOnGlobals(ms),
    rest: () => sleepOnGlobals(REST_MS),
    sleep: sleepOnGlobals,
    jumpWallClock() {
      throw new Error('only in virtual time');
    },
  };
}

/** Moves the wall clock, for a library that has another clock of its own. */
export function jumpWallClockOnly(ms: number): void {
  globals ??= install({ now: START, toFake: ['Date'] });
  globals.setSystemTime(Date.now() + ms);
}

function sleepOnGlobals(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort);
  });
}
