import * as cockatiel from 'cockatiel';
import { Alarm, deadline, pipeline, systemClock, timeout } from 'holdfast';
import CircuitBreaker from 'opossum';

/** The dependency: does not answer before it is told to. */
export type Operation = () => Promise<number>;

/** Many calls at once. */
export interface Crowd {
  begin(operation: Operation): void;
  /** Resolves when all have ended, whichever way; `answer` makes the operation end. */
  end(answer?: () => void): Promise<void>;
}

/** Each call is to be ended by a limit of its own after so long, where there is one. */
type MakeCrowd = (calls: number, limitMs: number) => Crowd;

export interface Subject {
  readonly ours: boolean;
  readonly limited: boolean;
  /** The most that can be waited for: what grows faster than the number of its calls, or fills 4 GB, is asked with fewer. */
  readonly most: number;
  readonly make: MakeCrowd;
}

const MILLION = 1_000_000;

/** Tells when the last of so many has ended. */
function countdown(calls: number): { readonly over: Promise<void>; readonly one: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = calls;
  const one = (): void => {
    if (--left === 0) resolve();
  };
  return { over: promise, one };
}

/** Calls that are each a promise. */
function promised(call: (operation: Operation) => Promise<unknown>, calls: number): Crowd {
  const { over, one } = countdown(calls);
  return {
    begin: (operation) => void call(operation).then(one, one),
    end(answer) {
      answer?.();
      return over;
    },
  };
}

/** Timers without a call: `end` takes them back, or waits until the last has rung. */
function timers(arm: (ring: () => void) => () => void, calls: number): Crowd {
  const { over, one } = countdown(calls);
  const disarms: (() => void)[] = [];
  return {
    begin: () => void disarms.push(arm(one)),
    end: async (answer) => (answer === undefined ? over : disarms.forEach((disarm) => disarm())),
  };
}

/** The usual way by hand: a timer for each call, and a race. */
function raced(operation: Operation, limitMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too late')), limitMs);
    operation().then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** The other usual way: a signal that brings its timer along. */
function signalled(operation: Operation, limitMs: number): Promise<number> {
  const signal = AbortSignal.timeout(limitMs);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    operation()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

const limits = (limitMs: number): ReturnType<typeof pipeline> =>
  pipeline('crowd', deadline({ ms: limitMs * 2 }), timeout({ ms: limitMs }));

export const SUBJECTS = {
  'a call and no limit': {
    ours: false,
    limited: false,
    most: MILLION,
    make: (calls) => promised((operation) => operation(), calls),
  },
  'pipeline of nothing': {
    ours: true,
    limited: false,
    most: MILLION,
    make(calls) {
      const nothing = pipeline('nothing');
      return promised((operation) => nothing.run(operation), calls);
    },
  },
  'pipeline, deadline and timeout': {
    ours: true,
    limited: true,
    most: MILLION,
    make(calls, limitMs) {
      const limited = limits(limitMs);
      return promised((operation) => limited.run(operation), calls);
    },
  },
  'the same, and the signal used': {
    ours: true,
    limited: true,
    most: MILLION,
    make(calls, limitMs) {
      const limited = limits(limitMs);
      return promised((operation) => limited.run(({ signal }) => (signal.aborted ? 0 : operation())), calls);
    },
  },
  'setTimeout and a race': {
    ours: false,
    limited: true,
    most: MILLION,
    make: (calls, limitMs) => promised((operation) => raced(operation, limitMs), calls),
  },
  'AbortSignal.timeout and a race': {
    ours: false,
    limited: true,
    most: 100_000,
    make: (calls, limitMs) => promised((operation) => signalled(operation, limitMs), calls),
  },
  'cockatiel timeout': {
    ours: false,
    limited: true,
    most: 100_000,
    make(calls, limitMs) {
      const policy = cockatiel.timeout(limitMs, cockatiel.TimeoutStrategy.Aggressive);
      return promised((operation) => policy.execute(operation), calls);
    },
  },
  'opossum timeout': {
    ours: false,
    limited: true,
    most: 3_000,
    make(calls, limitMs) {
      const breaker = new CircuitBreaker((operation: Operation) => operation(), {
        timeout: limitMs,
        errorThresholdPercentage: 100,
      });
      return promised((operation) => breaker.fire(operation), calls);
    },
  },
  'timer wheel, an alarm alone': {
    ours: true,
    limited: true,
    most: MILLION,
    make: (calls, limitMs) =>
      timers((ring) => {
        const alarm = new Alarm(ring);
        systemClock.arm(alarm, limitMs);
        return () => systemClock.disarm(alarm);
      }, calls),
  },
  'setTimeout alone': {
    ours: false,
    limited: true,
    most: MILLION,
    make: (calls, limitMs) =>
      timers((ring) => {
        const timer = setTimeout(ring, limitMs);
        return () => clearTimeout(timer);
      }, calls),
  },
} as const satisfies Record<string, Subject>;

export type SubjectName = keyof typeof SUBJECTS;
export const NAMES = Object.keys(SUBJECTS) as readonly SubjectName[];
