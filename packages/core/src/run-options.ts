import { Context } from './context.ts';
import { ConfigError } from './errors.ts';
import { Frame } from './frame.ts';
import { unknownOption } from './unknown-option.ts';
import type { CallContext, Criticality } from './policy.ts';

export interface RunOptions {
  /** The caller's own: when it aborts, the run rejects at once with its `reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Bounds the whole run, in milliseconds; a {@link DeadlineError} when it is over. @default no bound of its own */
  readonly timeoutMs?: number | undefined;
  /** What keyed policies choose by. */
  readonly key?: string | undefined;
  /** @default 'critical' */
  readonly criticality?: Criticality | undefined;
  /** Whether a repeated call does no harm; without a word retries ask the operation's kind, or leave it. */
  readonly idempotent?: boolean | undefined;
  /** Facts of your own, carried to events and policies. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  /** Which attempt of the sender's this is, as its request says; later ones are not retried once more here. @default 1 */
  readonly attempt?: number | undefined;
  /** The call this one is part of: its deadline and signal hold here too, what is not given here is taken from it. */
  readonly parent?: CallContext | undefined;
}

const CRITICALITIES: readonly unknown[] = ['critical_plus', 'critical', 'sheddable_plus', 'sheddable'] satisfies Criticality[];

const KNOWN: readonly string[] = [
  'signal',
  'timeoutMs',
  'key',
  'criticality',
  'idempotent',
  'attributes',
  'attempt',
  'parent',
] satisfies (keyof RunOptions)[];

/** By hand rather than by rules: it is on the way of every call. */
export function checkRunOptions(pipeline: string, options: RunOptions): void {
  if (!isObject(options)) throw new ConfigError(pipeline, 'options', options, 'an object');
  for (const name in options) {
    const value: unknown = options[name as keyof RunOptions];
    if (value === undefined || !Object.hasOwn(options, name)) continue;
    if (!KNOWN.includes(name)) throw unknownOption(pipeline, name, value, KNOWN);
    const wanted = refusal(name as keyof RunOptions, value);
    if (wanted !== undefined) throw new ConfigError(pipeline, name, value, wanted);
  }
}

/** What would have been accepted, unless the value is. */
function refusal(name: keyof RunOptions, value: unknown): string | undefined {
  switch (name) {
    case 'signal':
      return isObject(value) && 'aborted' in value && 'addEventListener' in value ? undefined : 'an AbortSignal';
    case 'timeoutMs':
      return typeof value === 'number' && value >= 0 ? undefined : 'a number of at least 0, in milliseconds';
    case 'key':
      return typeof value === 'string' ? undefined : 'a string';
    case 'criticality':
      return CRITICALITIES.includes(value) ? undefined : `one of ${CRITICALITIES.join(', ')}`;
    case 'idempotent':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'attributes':
      return isObject(value) ? undefined : 'an object';
    case 'attempt':
      return Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a whole number of at least 1';
    case 'parent':
      return value instanceof Context || value instanceof Frame ? undefined : 'the context of a running call';
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
