import { pipeline } from '@holdfast/core';
import type { Clock, GuardCall, RunOptions } from '@holdfast/core';

/** An operation that goes on until it is told to end. */
export interface Job {
  readonly run: () => Promise<string>;
  readonly started: boolean;
  end(): void;
}

export function job(name: string, log: string[] = []): Job {
  const { promise, resolve } = Promise.withResolvers<string>();
  let started = false;
  return {
    run: () => {
      started = true;
      log.push(name);
      return promise;
    },
    get started() {
      return started;
    },
    end: () => resolve(name),
  };
}

/** What a policy sees of a call that stays open for as long as the test likes. */
export function openCall(clock: Clock, options: RunOptions = {}): GuardCall {
  let seen: GuardCall | undefined;
  const enter = (call: GuardCall): Promise<never> => {
    seen = call;
    return new Promise(() => {});
  };
  pipeline({ name: 'open', clock }, { enter })
    .run(() => {}, options)
    .catch(() => {});
  return seen!;
}
