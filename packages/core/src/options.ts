import type { Clock } from './clock.ts';
import { ConfigError, show } from './errors.ts';
import { systemRandom } from './random.ts';
import type { Random } from './random.ts';
import { systemClock } from './system-clock.ts';
import { isThenable } from './thenable.ts';
import { unknownOption } from './unknown-option.ts';

export { checkFixed, withChanges } from './option-changes.ts';
export { unknownOption } from './unknown-option.ts';

/** How one option is checked: what is accepted, in words for the error, and what stands in when it is absent. */
export interface OptionRule<T> {
  /** Completes the sentence "must be …". */
  readonly allowed: string;
  readonly accepts: (value: unknown) => boolean;
  readonly fallback: T;
}

type Rules = Readonly<Record<string, OptionRule<unknown>>>;
type Read<R extends Rules> = { readonly [K in keyof R]: R[K] extends OptionRule<infer T> ? T : never };

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Excludes `min` itself. @default false */
  readonly above?: boolean;
  readonly integer?: boolean;
  /** Accepts `Infinity` although it is above `max`. @default false */
  readonly orInfinity?: boolean;
}

/** A predicate of the user's must say so: a promise would count as a yes, whatever it comes to. @throws {TypeError} */
export function yes(option: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  if (isThenable(answer)) answer.then(undefined, () => {}); // its own failure is no second one
  throw new TypeError(`${option} must answer true or false, at once; got ${show(answer)}`);
}

/**
 * Reads options by rules: a missing or undefined one gets its fallback, anything else must be accepted by its rule, and an
 * option no rule knows is refused with the nearest known name. The given object is never changed nor kept.
 * @param kind names the policy in errors, unless the options give it a name.
 * @throws {ConfigError} naming policy, option, value and what is allowed.
 */
export function readOptions<R extends Rules>(kind: string, given: object | undefined, rules: R): Read<R> {
  checkPlain(kind, 'options', given);
  const { name } = (given ?? {}) as { name?: unknown };
  const policy = 'name' in rules && typeof name === 'string' && name !== '' ? name : kind;
  return readRules(policy, '', given, rules);
}

/**
 * Reads an option that is an object of options, by the same rules.
 * @param path of that option, such as `window`: errors name `window.durationMs`.
 * @throws {ConfigError}
 */
export function readPart<R extends Rules>(policy: string, path: string, given: object | undefined, rules: R): Read<R> {
  checkPlain(policy, path, given);
  return readRules(policy, `${path}.`, given, rules);
}

function checkPlain(policy: string, option: string, given: object | undefined): void {
  // The tag tells an object from a list, and from a promise nobody awaited, whose options would all be missing.
  if (given !== undefined && Object.prototype.toString.call(given) !== '[object Object]') {
    throw new ConfigError(policy, option, given, 'an object');
  }
}

function readRules<R extends Rules>(policy: string, path: string, given: object | undefined, rules: R): Read<R> {
  const values = (given ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(rules, name)) throw unknownOption(policy, path + name, values[name], Object.keys(rules));
  }
  const read: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = values[name];
    if (value === undefined) read[name] = rule.fallback;
    else if (rule.accepts(value)) read[name] = value;
    else throw new ConfigError(policy, path + name, value, rule.allowed);
  }
  return read as Read<R>;
}

/** A number in a range. `NaN` never; `Infinity` only where the range says so. */
export function number<T = number>(range: NumberRange, fallback: T | number): OptionRule<T | number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.MAX_VALUE, above = false, integer = false, orInfinity = false } = range;
  const accepts = (value: unknown): boolean => {
    if (value === Number.POSITIVE_INFINITY) return orInfinity;
    if (typeof value !== 'number' || !Number.isFinite(value)) return false;
    if (integer && !Number.isSafeInteger(value)) return false;
    return value <= max && (above ? value > min : value >= min);
  };
  return { allowed: inWords(range), accepts, fallback };
}

/** Whole, at least `min`. */
export function count<T = number>(min: number, fallback: T | number, max?: number): OptionRule<T | number> {
  return number({ min, integer: true, ...(max === undefined ? {} : { max }) }, fallback);
}

/** Milliseconds, zero included unless told otherwise; fractions are fine, so is any length (a clock takes care of it). */
export function durationMs<T = number>(fallback: T | number, range: NumberRange = {}): OptionRule<T | number> {
  const rule = number<T>({ min: 0, ...range }, fallback);
  return { ...rule, allowed: `${rule.allowed}, in milliseconds` };
}

/** A share from 0 to 1. */
export function ratio<T = number>(fallback: T | number, range: NumberRange = {}): OptionRule<T | number> {
  return number<T>({ min: 0, max: 1, ...range }, fallback);
}

export function flag(fallback: boolean): OptionRule<boolean> {
  return { allowed: 'true or false', accepts: (value) => typeof value === 'boolean', fallback };
}

export function text<T = string>(fallback: T | string): OptionRule<T | string> {
  return { allowed: 'a non-empty string', accepts: (value) => typeof value === 'string' && value !== '', fallback };
}

export function oneOf<const T extends string>(names: readonly T[], fallback: NoInfer<T>): OptionRule<T> {
  const allowed = `one of ${names.map((name) => `'${name}'`).join(', ')}`;
  return { allowed, accepts: (value) => names.some((name) => name === value), fallback };
}

/** A function; `signature` shows its shape in the error. */
export function callback<T>(signature: string, fallback: T): OptionRule<T> {
  return { allowed: `a function ${signature}`, accepts: (value) => typeof value === 'function', fallback };
}

/** An object with these methods, such as a clock or a shared budget. */
export function having<T>(what: string, methods: readonly string[], fallback: T): OptionRule<T> {
  const accepts = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
  return { allowed: `${what} (an object with ${methods.join(', ')})`, accepts, fallback };
}

/** Where a policy gets its time from: the system's monotonic clock unless it is given another. */
export const aClock: OptionRule<Clock> = having('a clock', ['now', 'turnNow', 'arm', 'disarm', 'sleep'], systemClock);

/** Where a policy gets its chance from. */
export const aRandom: OptionRule<Random> = callback('() => number, uniform in [0, 1)', systemRandom);

/** Anything at all: for options whose inside is read by rules of its own. */
export function anything<T>(allowed: string, fallback: T, accepts: (value: unknown) => boolean = () => true): OptionRule<T> {
  return { allowed, accepts, fallback };
}

function inWords({ min, max, above = false, integer = false, orInfinity = false }: NumberRange): string {
  const noun = integer ? 'a whole number' : max === undefined ? 'a finite number' : 'a number';
  const low = min === undefined ? '' : above ? ` above ${min}` : max === undefined ? ` of at least ${min}` : ` from ${min}`;
  const high = max === undefined ? '' : above || min === undefined ? ` up to ${max}` : ` to ${max}`;
  return `${noun}${low}${high}${orInfinity ? ', or Infinity' : ''}`;
}
