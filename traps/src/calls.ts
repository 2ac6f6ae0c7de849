import type { Breaker, Operation, Runner } from './scenario.ts';
import { Lacks } from './scenario.ts';
import type { Time } from './time.ts';

/** How a call stands, to be looked at without waiting for it: a call that never ends must not hang the scenario. */
export interface Tracked {
  readonly status: 'pending' | 'answered' | 'failed';
  readonly value?: unknown;
  readonly error?: unknown;
  /** When it ended. */
  readonly at?: number;
}

export function track(promise: Promise<unknown>, time?: Time): Tracked {
  const tracked: { -readonly [K in keyof Tracked]: Tracked[K] } = { status: 'pending' };
  promise.then(
    (value) => Object.assign(tracked, { status: 'answered', value, at: time?.now() }),
    (error: unknown) => Object.assign(tracked, { status: 'failed', error, at: time?.now() }),
  );
  return tracked;
}

/** The error of a dependency that is down. */
export class Down extends Error {
  override readonly name = 'Down';
  constructor() {
    super('the dependency is down');
  }
}

export const works = (): Promise<string> => Promise.resolve('answer');
export const fails = (): Promise<never> => Promise.reject(new Down());

/** An operation that hangs until it is told, and counts how often it was called. */
export interface Hanging {
  readonly operation: () => Promise<unknown>;
  readonly calls: number;
  answer(): void;
  fail(): void;
}

export function hanging(): Hanging {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  promise.catch(() => {}); // it may fail before anybody has called it
  let calls = 0;
  return {
    operation: () => {
      calls++;
      return promise;
    },
    get calls() {
      return calls;
    },
    answer: () => resolve('late answer'),
    fail: () => reject(new Down()),
  };
}

/** Runs one call after the other, each to its end. */
export async function play(runner: Runner, time: Time, ...operations: Operation[]): Promise<Tracked[]> {
  const played: Tracked[] = [];
  for (const operation of operations) {
    played.push(track(runner.call(operation)));
    await time.rest();
  }
  return played;
}

export function repeat(count: number, operation: Operation): Operation[] {
  return Array.from({ length: count }, () => operation);
}

/** Fails calls until the breaker has opened. Begins with an answer, for breakers that set up their state at the first call. */
export async function trip(breaker: Breaker, time: Time): Promise<void> {
  await play(breaker, time, works);
  for (let calls = 0; calls < 10 && (await breaker.state()) !== 'open'; calls++) await play(breaker, time, fails);
  if ((await breaker.state()) !== 'open') throw new Error('the circuit did not open');
}

/** The runner, if it takes the caller's signal. */
export function withSignal<R extends Runner>(runner: R): R {
  if (!runner.takesSignal) throw new Lacks('takes no signal of the caller');
  return runner;
}

/** How a call ended, in words. */
export function ending(tracked: Tracked): string {
  const { status, error } = tracked;
  if (status === 'pending') return 'is still pending';
  if (status === 'answered') return `was answered with ${JSON.stringify(tracked.value) ?? 'undefined'}`;
  if (error instanceof Down) return 'failed with the error of the dependency';
  return `was rejected with ${nameOf(error)}`;
}

export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? String(error);
  return error.name === 'Error' ? `"${error.message}"` : `${error.name} "${error.message}"`;
}

/** 1 call, 2 calls. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
