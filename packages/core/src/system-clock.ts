import type { Clock } from './clock.ts';
import { HostClock } from './host-clock.ts';
import type { Host } from './host-clock.ts';

/** As much of a `MessageChannel` as is used; its own type is not there for every reader of our declarations. */
interface Channel {
  readonly port1: { onmessage: ((event: never) => unknown) | null };
  readonly port2: { postMessage(message: unknown): void };
}

/** The globals of Node, of another runtime or of a browser, as far as a clock needs them. */
export interface Globals {
  readonly performance: { now(): number };
  readonly setTimeout: (callback: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (handle: never) => void;
  readonly console: { error(...data: unknown[]): void };
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => Channel;
}

/** Node's timeouts; a browser's is a number. */
interface Timeout {
  ref?(): unknown;
  unref?(): unknown;
}

/**
 * The functions are taken now and for good: a test that fakes the global timers neither moves this clock nor can it leave it waiting
 * for a callback that never comes. (Tests take a `VirtualClock` instead.) They are called without a `this`, as browsers insist.
 */
export function hostOf(globals: Globals): Host {
  const { performance, setTimeout, clearTimeout, console } = globals;
  return {
    now: performance.now.bind(performance),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (handle) => clearTimeout(handle as never),
    setImmediate: immediateOf(globals),
    keepAlive(handle, alive) {
      const timeout = handle as Timeout;
      if (timeout.ref === undefined || timeout.unref === undefined) return false;
      if (alive) timeout.ref();
      else timeout.unref();
      return true;
    },
    report: (error) => console.error('holdfast: a timer failed', error),
  };
}

/**
 * Where there is no `setImmediate`, a message to oneself: like it, it runs after all promise reactions, and browsers do not slow it
 * down as they do nested timeouts of 0 ms, which are the last resort.
 */
function immediateOf(globals: Globals): Host['setImmediate'] {
  const { setImmediate, setTimeout } = globals;
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback);
  const { MessageChannel } = globals; // only now: Node loads its worker threads, for 2 ms, when it is read
  if (MessageChannel === undefined) return (callback) => void setTimeout(callback, 0);
  const waiting: (() => void)[] = [];
  let channel: Channel | undefined;
  return (callback) => {
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()!();
    }
    waiting.push(callback);
    channel.port2.postMessage(undefined);
  };
}

/** The system of this process or page. This file alone touches the system's time. */
export const systemHost: Host = hostOf(globalThis);

/** Time as it passes: the default clock of every policy. No timeout runs until a timer is armed. */
export const systemClock: Clock = new HostClock(systemHost);
