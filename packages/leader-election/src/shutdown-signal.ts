import { oneOf, readOptions } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';

type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR2';
const names: readonly SignalName[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];

export interface ShutdownSignalOptions {
  /** What asks the process to end. @default ['SIGTERM', 'SIGINT']: what Kubernetes, systemd and Ctrl-C send */
  signals?: readonly SignalName[];
}

const one = oneOf(names, 'SIGTERM');
const rules: { readonly signals: OptionRule<readonly SignalName[]> } = {
  signals: {
    allowed: `a list of at least one of ${names.join(', ')}`,
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => one.accepts(name)),
    fallback: ['SIGTERM', 'SIGINT'],
  },
};

/**
 * A signal that aborts when this process is asked to end: `election.run(work, { signal: shutdownSignal() })`. The process then ends
 * by itself once nothing is left to do. Whoever asks a second time means it: the process ends at once, with 128 + the signal's number,
 * and a lease still held is left to expire.
 * @throws {ConfigError}
 */
export function shutdownSignal(options?: ShutdownSignalOptions): AbortSignal {
  const { signals } = readOptions('shutdownSignal', options, rules);
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals, number: number): void => {
    if (controller.signal.aborted) process.exit(128 + number);
    controller.abort(new DOMException(`the process was asked to end (${name})`, 'AbortError'));
  };
  for (const name of signals) process.on(name, onSignal);
  return controller.signal;
}
