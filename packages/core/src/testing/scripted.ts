import { Alarm } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { anything, durationMs, flag, having, oneOf, readOptions } from '../options.ts';
import type { CallContext } from '../policy.ts';

/** One answer of a scripted dependency. Without `value` and `error` it answers `undefined`. */
export interface Step<T> {
  /** How long it takes, in milliseconds; `Infinity` hangs. @default 0 */
  readonly afterMs?: number;
  readonly value?: T;
  /** Rejects with this. */
  readonly error?: unknown;
}

export interface ScriptedOptions {
  readonly clock: Clock;
  /** What follows the last step: the last one for ever, or the list from its start. @default 'last' */
  readonly then?: 'last' | 'again';
  /** Goes on when its signal aborts, as much real code does. @default false: rejects with the signal's reason */
  readonly ignoresSignal?: boolean;
}

/** A call as the dependency saw it. */
export interface SeenCall {
  readonly at: number;
  readonly attempt: number;
  /** When it ended, by itself or aborted; `undefined` while it runs. */
  endedAt: number | undefined;
  aborted: boolean;
}

export interface Scripted<T> {
  (call: CallContext): Promise<T>;
  /** Every call so far, in order. */
  readonly calls: readonly SeenCall[];
  readonly running: number;
  readonly mostRunning: number;
}

/**
 * A dependency that plays a list of latencies, values and errors on a clock: an operation for `pipeline.run`. It answers when the
 * clock is moved, also after 0 ms.
 * @throws {ConfigError} for an empty list, or options and steps that cannot be.
 */
export function scripted<T = unknown>(steps: readonly Step<T>[], options: ScriptedOptions): Scripted<T> {
  if (!Array.isArray(steps) || steps.length === 0) {
    throw new ConfigError('scripted', 'steps', steps, 'a list of at least one step');
  }
  steps.forEach(checkStep);
  const {
    clock,
    then: afterLast,
    ignoresSignal,
  } = readOptions('scripted', options, {
    clock: having<Clock | undefined>('a clock', ['now', 'arm', 'disarm'], undefined),
    // oxlint-disable-next-line unicorn/no-thenable -- the option's name; no function, so nothing awaits it
    then: oneOf(['last', 'again'], 'last'),
    ignoresSignal: flag(false),
  });
  if (clock === undefined) throw new ConfigError('scripted', 'clock', clock, 'a clock: the one the pipeline was given');
  const calls: SeenCall[] = [];
  let running = 0;
  let mostRunning = 0;

  const play = (call: CallContext): Promise<T> => {
    const turn = calls.length;
    const step = steps[afterLast === 'again' ? turn % steps.length : Math.min(turn, steps.length - 1)]!;
    const seen: SeenCall = { at: clock.now(), attempt: call.attempt, endedAt: undefined, aborted: false };
    calls.push(seen);
    mostRunning = Math.max(mostRunning, ++running);
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        running--;
        seen.endedAt = clock.now();
        if (!ignoresSignal) call.signal.removeEventListener('abort', abort);
      };
      const alarm = new Alarm(() => {
        end();
        if ('error' in step) reject(step.error);
        else resolve(step.value as T);
      });
      const abort = (): void => {
        clock.disarm(alarm);
        seen.aborted = true;
        end();
        reject(call.signal.reason);
      };
      clock.arm(alarm, step.afterMs ?? 0);
      if (ignoresSignal) return;
      if (call.signal.aborted) abort();
      else call.signal.addEventListener('abort', abort);
    });
  };
  return Object.defineProperties(play as Scripted<T>, {
    calls: { value: calls },
    running: { get: () => running },
    mostRunning: { get: () => mostRunning },
  });
}

function checkStep(step: Step<unknown>, index: number): void {
  const policy = `scripted: steps[${index}]`;
  readOptions(policy, step, {
    afterMs: durationMs(0, { orInfinity: true }),
    value: anything('', undefined),
    error: anything('', undefined),
  });
  if ('value' in step && 'error' in step) throw new ConfigError(policy, 'error', step.error, 'absent where there is a value');
}
