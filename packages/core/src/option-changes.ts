import { ConfigError } from './errors.ts';

/**
 * The options given so far with `changes` over them; one changed to `undefined` has its default again. What is in them is for the
 * policy to read, by the same rules as at construction.
 * @throws {ConfigError} when `changes` is no object.
 */
export function withChanges<O extends object>(policy: string, given: O, changes: object): O {
  if (Object.prototype.toString.call(changes) === '[object Object]') return { ...given, ...changes };
  throw new ConfigError(policy, 'options', changes, 'an object');
}

/**
 * Compares what options come to, not how they were given: so a whole configuration may be given again, what cannot change included.
 * @param fixed the settings that cannot change while running; the first that differs is named.
 * @throws {ConfigError} when one of them would.
 */
export function checkFixed<S extends object>(policy: string, present: S, next: S, fixed: readonly (keyof S & string)[]): void {
  for (const name of fixed) {
    if (next[name] === present[name]) continue;
    throw new ConfigError(policy, name, next[name], 'what it was made with: it cannot change while running');
  }
}
